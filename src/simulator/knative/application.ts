import type { Pod } from "../api/objects.ts";
import { servingContainer } from "./objects.ts";

/** What an application is asked. */
export interface ApplicationRequest {
	/** GET unless another is given. */
	method?: string;
	/** With its query. */
	path: string;
	/** What has come of the body so far. */
	body?: () => string;
}

/**
 * What the application in a pod answers. No image is run: it is Knative's helloworld, which answers every request with
 * `Hello $TARGET!`, unless the environment of the container that has the port says otherwise: `SIMULATED_PATHS` lists the
 * only paths that it knows, others get 404; `SIMULATED_ECHO` makes it answer with the request; `SIMULATED_STATUS` is the
 * status of its answers. (`SIMULATED_READY_MS` of any container is known to the kubelet: nodes/start-container.ts.)
 */
export function answerOf(
	pod: Pod,
	{ method = "GET", path, body }: ApplicationRequest,
): { status: number; body: string } {
	const users = pod.spec.containers.filter(({ name }) => !["queue-proxy", "istio-proxy"].includes(name));
	const env = new Map(servingContainer(users)?.env?.map(({ name, value }) => [name, value ?? ""]));
	const paths = env.get("SIMULATED_PATHS")?.split(/[\s,]+/);
	const plainPath = path.replace(/\?.*$/s, "");
	if (paths !== undefined && !paths.includes(plainPath)) return { status: 404, body: "404 page not found\n" };
	const status = Number(env.get("SIMULATED_STATUS") ?? 200);
	const echo = env.has("SIMULATED_ECHO") ? `${method} ${path}\n${body?.() ?? ""}` : undefined;
	return { status, body: echo ?? `Hello ${env.get("TARGET") ?? "World"}!\n` };
}
