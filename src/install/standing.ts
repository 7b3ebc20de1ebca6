import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { ClusterError } from "../errors.ts";
import type { Cluster, KubeObject, ObjectRef } from "../kube/api/cluster.ts";
import { markOurs } from "../kube/objects/ownership.ts";
import type { Session } from "../kube/wait/task.ts";
import { type Profile, profileSchema } from "../profile/profile.ts";
import { stateNamespace } from "./state/store.ts";
import type { Installation } from "./wanted.ts";

/** What `knistio install` put on the cluster to stay: all that it takes to put it there again. */
export type Standing = Omit<Installation, "useInstalled">;

/** A Secret, since manifests may hold some; it goes with knistio's namespace. */
const standingRef: ObjectRef = {
	apiVersion: "v1",
	kind: "Secret",
	namespace: stateNamespace,
	name: "knistio-standing",
};

/** Keeps it in the cluster. Manifests are of one or two MB, and packed of less than a tenth of what an object may have. */
export async function keepStanding({ cluster, signal }: Session, standing: Standing): Promise<void> {
	const { profile, istioObjects, knativeObjects, namespace, authorizerImage } = standing;
	const text = JSON.stringify({ profile, istioObjects, knativeObjects, namespace, authorizerImage });
	const packed = (await promisify(gzip)(text)).toString("base64");
	const { apiVersion, kind, name } = standingRef;
	const object: KubeObject = { apiVersion, kind, metadata: { name, namespace: stateNamespace } };
	const marked = markOurs({ ...object, data: { standing: packed } }, { part: "state", profile: profile.name });
	await cluster.apply(marked, { signal });
}

/** What was kept; undefined if nothing was. @throws ClusterError if it is not as knistio writes it */
export async function readStanding(cluster: Cluster, signal?: AbortSignal): Promise<Standing | undefined> {
	const object = await cluster.get(standingRef, signal);
	if (object === undefined) return undefined;
	const packed = (object.data as Record<string, unknown> | undefined)?.standing;
	try {
		const text = await promisify(gunzip)(Buffer.from(String(packed), "base64"));
		return asStanding(JSON.parse(text.toString("utf8")));
	} catch (cause) {
		throw new ClusterError(`Secret ${stateNamespace}/${standingRef.name} is not as knistio writes it`, {
			cause,
			hint: "`knistio clean` removes all; then `knistio install` puts a profile there again",
		});
	}
}

function asStanding(value: Record<string, unknown>): Standing {
	const { istioObjects, knativeObjects, namespace, authorizerImage } = value;
	if (typeof namespace !== "string" || typeof authorizerImage !== "string") throw new TypeError("names are missing");
	const profile: Profile = profileSchema.parse(value.profile);
	return {
		profile,
		istioObjects: objects(istioObjects),
		knativeObjects: knativeObjects === undefined ? undefined : objects(knativeObjects),
		namespace,
		authorizerImage,
	};
}

function objects(value: unknown): KubeObject[] {
	if (Array.isArray(value) && value.every((object) => typeof object?.metadata?.name === "string")) return value;
	throw new TypeError("there is a list without objects");
}
