import { type Installed, installProfile } from "../../install/install.ts";
import type { Installation } from "../../install/wanted.ts";
import type { RenderedIstio } from "../../istio/render.ts";
import { describeRef } from "../../kube/api/cluster.ts";
import type { Session } from "../../kube/wait/task.ts";
import type { Profile } from "../../profile/profile.ts";

/** What is installed with a profile, whoever asked for it. */
export interface ToInstall {
	namespace: string;
	/** Of the external authorizer, and of the service under test. */
	image: string;
	useInstalled?: boolean;
}

/** What goes onto the cluster for a profile; the renderer's warnings are told as progress. @param istio undefined to use what is there */
export function installationFor(
	profile: Profile,
	istio: RenderedIstio | undefined,
	given: Pick<Installation, "knativeObjects" | "hasIdleServices"> & ToInstall & Pick<Session, "progress">,
): Installation {
	const { knativeObjects, hasIdleServices, namespace, image, useInstalled = false, progress } = given;
	for (const warning of istio?.warnings ?? []) progress({ kind: "note", text: `warning: ${warning}` });
	return {
		profile,
		istioObjects: istio?.objects ?? [],
		knativeObjects,
		namespace,
		authorizerImage: image,
		useInstalled,
		...(hasIdleServices === undefined ? {} : { hasIdleServices }),
	};
}

/** Installs it, and tells as progress what of the profile before could not be removed. @throws ClusterError */
export async function installTelling(
	session: Session,
	what: Installation,
	how?: Parameters<typeof installProfile>[2],
): Promise<Installed> {
	const installed = await installProfile(session, what, how);
	for (const { ref, reason } of installed.kept) {
		session.progress({ kind: "note", text: `kept ${describeRef(ref)}: ${reason}` });
	}
	return installed;
}
