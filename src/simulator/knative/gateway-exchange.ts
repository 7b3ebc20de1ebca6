import { type Pod, uidOf } from "../api/objects.ts";
import type { Cancel, SimulatedNs } from "../clock/clock.ts";
import { hasSidecar } from "../istio/injection.ts";
import type { TruthRecorder } from "../world/truth.ts";
import type { World } from "../world/world.ts";
import type { Activator } from "./activator.ts";
import { type ApplicationRequest, answerOf } from "./application.ts";
import type { Autoscaler } from "./autoscaler.ts";
import { needsMutualTls, readyActivators } from "./mesh-mode.ts";
import { logAtGateway, logPassed } from "./passed-request.ts";
import { judgeRequest } from "./policies.ts";

/** A request as the gateway gets it. */
export interface GatewayRequest extends ApplicationRequest {
	host: string;
	headers: Record<string, string | string[] | undefined>;
}

export interface GatewayAnswer {
	status: number;
	body: string;
	headers: Record<string, string>;
}

/** What one exchange needs of the cluster. */
export interface GatewayExchangeParts {
	world: World;
	activator: Activator;
	autoscaler: Autoscaler;
	counts: RequestCounts;
}

/** What the proxies have counted, for their statistics. */
export interface RequestCounts {
	/** Requests that each pod's sidecar has seen, by uid. */
	served: Map<string, number>;
	/** Requests that each pod's sidecar has asked the external authorizer about and that it allowed, by uid. */
	checked: Map<string, number>;
	/** Requests that the gateway has had answered, by `namespace/revision` and status: `bench/hello-00001 200`. */
	routed: Map<string, number>;
}

/** Counts one more. */
export function countOne(counts: Map<string, number>, key: string, by = 1): void {
	counts.set(key, (counts.get(key) ?? 0) + by);
}

const requestTimeoutMs = 300_000;
const meshRefusal = "upstream connect error or disconnect/reset before headers. reset reason: connection termination";

/** One request on its way through the gateway and the activator to a pod, until it is answered or given up. */
export class GatewayExchange {
	readonly #parts: GatewayExchangeParts;
	readonly #request: GatewayRequest;
	readonly #onAnswer: (answer: GatewayAnswer) => void;
	readonly #recorded: ReturnType<TruthRecorder["request"]>;
	readonly #beganAt: SimulatedNs;
	readonly #cancelTimeout: Cancel;
	#revisionKey: string | undefined;
	/** For the proxies' logs: what is known of the way once there is a pod. */
	#way: { toActivatorMs: number; reachableAt?: SimulatedNs; pod?: Pod; sidecarMs?: number; belowMs?: number } = {
		toActivatorMs: 0,
	};
	#isOver = false;
	/** Takes the request back from the activator. */
	#release: Cancel = () => {};

	/** The host of the request is without port. */
	constructor(parts: GatewayExchangeParts, request: GatewayRequest, onAnswer: (answer: GatewayAnswer) => void) {
		const { clock, truth } = parts.world;
		this.#parts = parts;
		this.#request = request;
		this.#onAnswer = onAnswer;
		this.#recorded = truth.request(request.host, request.path);
		this.#recorded.mark("received");
		this.#beganAt = clock.now();
		this.#cancelTimeout = clock.after(requestTimeoutMs, () => this.#reply(504, "activator request timeout"));
	}

	/** Answers that no rule knows the host. */
	refuse(): void {
		const { clock, delays } = this.#parts.world;
		clock.after(delays.of("gatewayHop", this.#request.host), () => this.#reply(404, ""));
	}

	/** Sends the request to a revision, `namespace/name`. */
	sendTo(revisionKey: string): void {
		const { world, activator, autoscaler } = this.#parts;
		this.#revisionKey = revisionKey;
		this.#recorded.truth.revision = revisionKey;
		this.#recorded.truth.isCold = !activator.isWarm(revisionKey);
		autoscaler.count(revisionKey, 1);
		const hopMs = world.delays.of("gatewayHop", this.#request.host);
		this.#way.toActivatorMs = hopMs;
		world.clock.after(hopMs, () => this.#waitAtActivator(revisionKey));
	}

	/** Ends the exchange without an answer; harmless when it is over. */
	end(): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#release();
		this.#cancelTimeout();
		if (this.#revisionKey !== undefined) this.#parts.autoscaler.count(this.#revisionKey, -1);
	}

	#waitAtActivator(revisionKey: string): void {
		const { world, activator } = this.#parts;
		this.#recorded.mark("atActivator");
		if (!activator.isThere()) {
			this.#reply(503, "no healthy upstream");
			return;
		}
		this.#release = activator.hold(revisionKey, {
			onScaled: () => this.#recorded.mark("scaled"),
			onReachable: (pod) => (isShutOut(world, pod) ? this.#reply(503, meshRefusal) : this.#forward(pod, revisionKey)),
		});
	}

	#forward(pod: Pod, revisionKey: string): void {
		const { world, counts } = this.#parts;
		const { clock, delays } = world;
		this.#recorded.mark("reachable");
		this.#recorded.truth.podUid = uidOf(pod);
		countOne(counts.served, uidOf(pod));
		const { checks, allowed, refusal } = hasSidecar(pod)
			? judgeRequest(world, pod, this.#request)
			: { checks: 0, allowed: 0, refusal: undefined };
		countOne(counts.checked, uidOf(pod), allowed);
		const hopMs = delays.of("gatewayHop", revisionKey);
		let delayMs = hopMs;
		for (let check = 0; check < checks; check++) delayMs += delays.of("policyCheck", revisionKey);
		this.#recorded.mark("forwarded");
		// Half of the last hop is the network's, half the sidecar's.
		Object.assign(this.#way, { pod, reachableAt: clock.now(), sidecarMs: delayMs - hopMs / 2 });
		if (refusal !== undefined) {
			const { status, body } = refusal;
			clock.after(delayMs, () => this.#reply(status, body, { "content-type": "text/plain" }));
			return;
		}
		const answerMs = delays.of("answer", revisionKey);
		this.#way.belowMs = answerMs;
		clock.after(delayMs + answerMs, () => {
			const { status, body } = answerOf(pod, this.#request);
			this.#reply(status, body, { ...this.#upstreamTime(), "content-type": "text/plain; charset=utf-8" });
		});
	}

	#reply(status: number, body: string, headers: Record<string, string> = {}): void {
		if (this.#isOver) return;
		this.end();
		if (this.#revisionKey !== undefined) countOne(this.#parts.counts.routed, `${this.#revisionKey} ${status}`);
		this.#recorded.truth.status = status;
		this.#recorded.mark("answered");
		this.#log();
		this.#onAnswer({ status, body, headers: { server: "istio-envoy", ...headers } });
	}

	#log(): void {
		const { world } = this.#parts;
		const { toActivatorMs, pod, reachableAt = 0, sidecarMs = 0, belowMs } = this.#way;
		const now = world.clock.now();
		const { headers } = this.#request;
		if (this.#revisionKey === undefined) {
			logAtGateway(world, { headers, cluster: "", totalMs: (now - this.#beganAt) / 1e6 });
		}
		if (pod === undefined || this.#revisionKey === undefined) return;
		logPassed(world, {
			headers,
			revision: this.#revisionKey,
			isCold: this.#recorded.truth.isCold === true,
			totalMs: (now - this.#beganAt) / 1e6,
			toActivatorMs,
			fromPodMs: (now - reachableAt) / 1e6,
			...{ pod, sidecarMs, belowMs },
		});
	}

	/** Envoy says in an answer that is not its own how long it waited for it. */
	#upstreamTime(): Record<string, string> {
		const ms = Math.round((this.#parts.world.clock.now() - this.#beganAt) / 1e6);
		return { "x-envoy-upstream-service-time": String(ms) };
	}
}

/** An activator without a sidecar cannot speak to pods that require mutual TLS. */
function isShutOut(world: World, pod: Pod): boolean {
	return needsMutualTls(world, pod) && !readyActivators(world).some(hasSidecar);
}
