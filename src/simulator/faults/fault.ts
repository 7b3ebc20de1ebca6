import type { Random } from "../clock/random.ts";
import type { Parameter } from "./parameters.ts";

/** What a fault can do to the API server while it runs. */
export interface FaultyServer {
	/** Closes every open watch. */
	dropWatches(): void;
	/** Forgets history and pages: watches and lists cannot be resumed (410). */
	compact(): void;
	/** Repeats an action every so many simulated ms. */
	every(periodMs: number, act: () => void): void;
}

/** The places where a fault can interfere. All are optional; where several faults use one place, they add up. */
export interface FaultHooks {
	/** How long a request waits before the API server looks at it, simulated ms. */
	requestDelayMs?(): number;
	/** Refuses a request with 429; the seconds of its Retry-After header. */
	throttledForSeconds?(): number | undefined;
	/** Why a webhook cannot be called whose newest pod was made so long ago, simulated ms; undefined where it can. */
	webhookFailure?(upForMs: number): string | undefined;
	/** Whether the user may not do it, such as `create` of `pods` or `list` of `deployments.apps`. */
	isForbidden?(verb: string, resourceId: string): boolean;
	/** How late a watch event is sent, simulated ms. Events stay in order. */
	watchEventDelayMs?(): number;
	/** Whether an Event about the object `namespace/name` never arrives. */
	isEventLost?(objectKey: string): boolean;
	/** How far the API server's clock is ahead, ms. */
	serverClockAheadMs?(): number;
	/** How far a node's clock is ahead, ms. */
	nodeClockAheadMs?(node: string): number;
	/** How much later than the model says a container becomes ready, simulated ms. */
	containerReadyDelayMs?(container: string): number;
	/** Whether a node lacks an image until it has pulled it. */
	isImageMissing?(image: string): boolean;
	/** For how many pods a node has room; a thousand by default. */
	podsPerNode?(): number;
	/** How often others ask a service once it has been asked so many times, simulated ms; undefined for not yet. */
	foreignRequestEveryMs?(asked: number): number | undefined;
	/** Called once, when the API server accepts connections. */
	onServerStarted?(server: FaultyServer): void;
}

/** The hooks of all faults together. */
export type FaultEffects = Required<FaultHooks>;

/** How `knistio selftest` tries a fault out. */
export interface FaultTrial {
	/** Names the scenario. */
	name: string;
	/** The scenario in a few words. */
	about: string;
	/** The parameters, by the names of the faults: this fault and those that belong to the trial. */
	faults: Readonly<Record<string, unknown>>;
	/** What the measured pod has besides its own containers. */
	pod: "none" | "sidecar" | "sidecar-policy";
	/** How many nodes; one by default. */
	nodes?: number;
}

/** Something that goes wrong on purpose. Its name, which the registry gives it, ends in the unit of its parameter. */
export interface Fault<Value> {
	/** What it does and what the parameter means, with its unit. */
	about: string;
	/** Which parameters are valid. */
	parameter: Parameter<Value>;
	/** What it does with this parameter. The seed alone decides what `random` gives. */
	hooks(value: Value, random: Random): FaultHooks;
	trials: readonly FaultTrial[];
}
