import { type Container, isPodReady, type Pod, uidOf } from "../api/objects.ts";
import { hasSidecar } from "../istio/injection.ts";
import type { World } from "../world/world.ts";
import type { Activator } from "./activator.ts";
import { needsMutualTls } from "./activator.ts";
import type { Autoscaler } from "./autoscaler.ts";
import { isGatewayThere, type ProgrammedRules } from "./ingresses.ts";
import { judgeRequest } from "./policies.ts";

/** A request as the gateway gets it. */
export interface GatewayRequest {
	host: string;
	path: string;
	headers: Record<string, string | string[] | undefined>;
}

export interface GatewayAnswer {
	status: number;
	body: string;
	headers: Record<string, string>;
}

/** The Istio ingress gateway: routes by Host, through Knative's activator. */
export interface Gateway {
	/** Whether connections are accepted. */
	isOpen(): boolean;
	/** Calls back once with the answer; what it returns ends the request early. */
	handle(request: GatewayRequest, onAnswer: (answer: GatewayAnswer) => void): () => void;
	/** Requests that each pod's sidecar has seen, by uid, for its statistics. */
	served: ReadonlyMap<string, number>;
}

const requestTimeoutMs = 300_000;

/** What is behind the gateway. */
export interface GatewayParts {
	activator: Activator;
	autoscaler: Autoscaler;
	rules: ProgrammedRules;
}

export function startGateway(world: World, { activator, autoscaler, rules }: GatewayParts): Gateway {
	const { clock, delays } = world;
	const served = new Map<string, number>();

	function handle(request: GatewayRequest, onAnswer: (answer: GatewayAnswer) => void): () => void {
		const host = request.host.replace(/:\d+$/, "").toLowerCase();
		const { truth, mark } = world.truth.request(host, request.path);
		const key = findRevision(world, rules, host);
		let isOver = false;
		let release = () => {};
		mark("received");

		const reply = (status: number, body: string, headers: Record<string, string> = {}) => {
			if (isOver) return;
			end();
			truth.status = status;
			mark("answered");
			const upstream = String(Math.round((clock.now() - beganAt) / 1e6));
			onAnswer({
				status,
				body,
				headers: { server: "istio-envoy", "x-envoy-upstream-service-time": upstream, ...headers },
			});
		};
		const end = () => {
			if (isOver) return;
			isOver = true;
			release();
			cancelTimeout();
			if (key !== undefined) autoscaler.count(key, -1);
		};
		const beganAt = clock.now();
		const cancelTimeout = clock.after(requestTimeoutMs, () => reply(504, "activator request timeout"));
		if (key === undefined) {
			clock.after(delays.of("gatewayHop", host), () => reply(404, ""));
			return end;
		}

		truth.revision = key;
		truth.isCold = !activator.isWarm(key);
		autoscaler.count(key, 1);
		const forward = (pod: Pod) => {
			mark("reachable");
			truth.podUid = uidOf(pod);
			forwardTo(pod);
		};
		const forwardTo = (pod: Pod) => {
			served.set(uidOf(pod), (served.get(uidOf(pod)) ?? 0) + 1);
			const verdict = hasSidecar(pod) ? judgeRequest(world, pod, request.headers) : { checks: 0, refusal: undefined };
			let delayMs = delays.of("gatewayHop", key);
			for (let check = 0; check < verdict.checks; check++) delayMs += delays.of("policyCheck", key);
			mark("forwarded");
			if (verdict.refusal !== undefined) {
				const { status, body } = verdict.refusal;
				clock.after(delayMs, () => reply(status, body, { "content-type": "text/plain" }));
			} else
				clock.after(delayMs + delays.of("answer", key), () =>
					reply(200, greetingOf(pod), { "content-type": "text/plain; charset=utf-8" }),
				);
		};
		clock.after(delays.of("gatewayHop", host), () => {
			mark("atActivator");
			if (!activator.isThere()) return reply(503, "no healthy upstream");
			release = activator.hold(key, {
				onScaled: () => mark("scaled"),
				onReachable: (pod) => (isShutOut(world, pod) ? reply(503, meshRefusal) : forward(pod)),
			});
		});
		return end;
	}

	return { isOpen: () => isGatewayThere(world), handle, served };
}

const meshRefusal = "upstream connect error or disconnect/reset before headers. reset reason: connection termination";

/** An activator without a sidecar cannot speak to pods that require mutual TLS. */
function isShutOut(world: World, pod: Pod): boolean {
	if (!needsMutualTls(world, pod)) return false;
	const activators = world.api
		.list<Pod>("pods", "knative-serving")
		.filter((one) => one.metadata.labels?.app === "activator" && isPodReady(one));
	return !activators.some(hasSidecar);
}

/** `namespace/revision` that the host leads to: of several one by chance, as their percents say. */
function findRevision({ random }: World, rules: ProgrammedRules, host: string): string | undefined {
	for (const rule of [...rules.values()].flat()) {
		if (rule.visibility !== "ExternalIP" || !rule.hosts.includes(host)) continue;
		const splits = rule.http.paths[0]?.splits ?? [];
		let left = splits.length > 1 ? random.unit(`split/${host}`) * 100 : 0;
		const chosen = splits.find(({ percent }) => {
			left -= percent;
			return left < 0;
		});
		if (chosen !== undefined) return `${chosen.serviceNamespace}/${chosen.serviceName}`;
	}
	return undefined;
}

/** What Knative's helloworld sample answers. */
function greetingOf(pod: Pod): string {
	const user: Container | undefined = pod.spec.containers.find(
		(container) => !["queue-proxy", "istio-proxy"].includes(container.name),
	);
	const target = user?.env?.find((variable) => variable.name === "TARGET")?.value ?? "World";
	return `Hello ${target}!\n`;
}
