import { isRecord } from "../api/fields.ts";
import { type Container, isPodReady, type KubeObject, type Pod, type Service } from "../api/objects.ts";
import { matchesLabels } from "../api/selectors.ts";
import type { Program } from "../world/programs.ts";
import type { World } from "../world/world.ts";
import { hasSidecar } from "./injection.ts";

interface VirtualService extends KubeObject {
	spec?: {
		hosts?: string[];
		gateways?: string[];
		http?: { fault?: { abort?: { httpStatus?: number; percentage?: { value?: number } } } }[];
	};
}

/**
 * `pilot-agent wait`, in its own container: asks an address until it answers 200, and fails after its time with what it
 * got last (istio/istio pilot/cmd/pilot-agent/app/wait.go). Undefined for every other container.
 */
export function waitProgram(world: World): Program {
	return (pod, container, { write, killed }) => {
		const { args = [] } = container;
		if (args[0] !== "wait") return undefined;
		const option = (name: string) => args.find((arg) => arg.startsWith(`--${name}=`))?.replace(/^[^=]*=/, "");
		const url = option("url");
		if (url === undefined) return undefined;
		const periodMs = Number(option("periodMillis") ?? 500);
		const deadlineNs = world.clock.now() + Number(option("timeoutSeconds") ?? 60) * 1e9;
		return new Promise((resolve) => {
			killed.addEventListener("abort", () => resolve(137));
			const look = (): void => {
				if (killed.aborted) return;
				const status = statusOf(world, { host: new URL(url).hostname, isRedirected: isRedirected(pod, container) });
				if (status === 200) {
					resolve(0);
					return;
				}
				if (world.clock.now() < deadlineNs) {
					world.clock.after(periodMs, look);
					return;
				}
				const last = status === undefined ? "dial tcp: connect: connection refused" : `HTTP status code ${status}`;
				write(`Error: timeout waiting for Envoy proxy to become ready. Last error: ${last}\n`);
				resolve(1);
			};
			world.clock.after(periodMs, look);
		});
	};
}

/** The user of Istio's proxy, and of its image, whose traffic is not redirected to the proxy. */
const proxyUser = 1337;

/** Whether what the container sends goes by the pod's proxy. */
function isRedirected(pod: Pod, { securityContext }: Container): boolean {
	const { runAsUser = proxyUser } = isRecord(securityContext) ? securityContext : {};
	return hasSidecar(pod) && runAsUser !== proxyUser;
}

/** What a Service of the cluster answers to a pod; undefined where nobody answers. */
function statusOf({ api }: World, { host, isRedirected }: { host: string; isRedirected: boolean }): number | undefined {
	const [name = "", namespace = ""] = host.split(".");
	const fault = isRedirected ? abortOf(api.list<VirtualService>(virtualServices, namespace), name) : undefined;
	if (fault !== undefined) return fault;
	const service = api.get<Service>("services", { namespace, name });
	const isSelected = matchesLabels(service?.spec.selector ?? { "": "" });
	return api.list<Pod>("pods", namespace).some((pod) => isSelected(pod) && isPodReady(pod)) ? 200 : undefined;
}

const virtualServices = "virtualservices.networking.istio.io";

/** The fault that a VirtualService of the mesh demands for a host of its own namespace. */
function abortOf(objects: readonly VirtualService[], host: string): number | undefined {
	const spec = objects.find(
		(each) => each.spec?.hosts?.includes(host) === true && each.spec.gateways?.includes("mesh") === true,
	)?.spec;
	const abort = spec?.http?.[0]?.fault?.abort;
	return abort?.percentage?.value === 100 ? abort.httpStatus : undefined;
}
