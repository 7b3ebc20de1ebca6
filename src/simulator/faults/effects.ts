import type { Random } from "../clock/random.ts";
import type { FaultEffects, FaultHooks } from "./fault.ts";
import { type FaultRegistry, faultRegistry } from "./registry.ts";

const usualPodsPerNode = 1_000;

/**
 * What the faults of a cluster do together.
 * @throws Error for a name that the registry does not have, or a parameter that its fault does not accept
 */
export function createFaultEffects(
	faults: Readonly<Record<string, unknown>>,
	random: Random,
	registry: FaultRegistry = faultRegistry,
): FaultEffects {
	return combineHooks(
		Object.entries(faults)
			.filter(([, parameter]) => parameter !== undefined)
			.map(([name, parameter]) => hooksOf(name, parameter, { random, registry })),
	);
}

function hooksOf(
	name: string,
	parameter: unknown,
	{ random, registry }: { random: Random; registry: FaultRegistry },
): FaultHooks {
	const fault = Object.hasOwn(registry, name) ? registry[name] : undefined;
	if (fault === undefined)
		throw new Error(`no fault is named ${name}; the names are ${Object.keys(registry).join(", ")}`);
	if (!fault.parameter.accepts(parameter)) {
		throw new Error(`fault ${name} needs ${fault.parameter.wanted}, not ${JSON.stringify(parameter)}`);
	}
	return fault.hooks(parameter, random);
}

/**
 * Delays and clock offsets add up; a request is refused, and an Event lost, where any of the faults says so; the
 * smallest room of a node counts.
 */
function combineHooks(all: readonly FaultHooks[]): FaultEffects {
	const sum = (amount: (hooks: FaultHooks) => number | undefined) =>
		all.reduce((total, hooks) => total + (amount(hooks) ?? 0), 0);
	const any = (holds: (hooks: FaultHooks) => boolean | undefined) => all.some((hooks) => holds(hooks) === true);
	return {
		requestDelayMs: () => sum((hooks) => hooks.requestDelayMs?.()),
		throttledForSeconds: () =>
			all.map((hooks) => hooks.throttledForSeconds?.()).find((seconds) => seconds !== undefined),
		webhookFailure: (upForMs) =>
			all.map((hooks) => hooks.webhookFailure?.(upForMs)).find((reason) => reason !== undefined),
		isForbidden: (verb, resourceId) => any((hooks) => hooks.isForbidden?.(verb, resourceId)),
		watchEventDelayMs: () => sum((hooks) => hooks.watchEventDelayMs?.()),
		isEventLost: (objectKey) => any((hooks) => hooks.isEventLost?.(objectKey)),
		serverClockAheadMs: () => sum((hooks) => hooks.serverClockAheadMs?.()),
		nodeClockAheadMs: (node) => sum((hooks) => hooks.nodeClockAheadMs?.(node)),
		containerReadyDelayMs: (container) => sum((hooks) => hooks.containerReadyDelayMs?.(container)),
		isImageMissing: (image) => any((hooks) => hooks.isImageMissing?.(image)),
		podsPerNode: () => Math.min(usualPodsPerNode, ...all.map((hooks) => hooks.podsPerNode?.() ?? usualPodsPerNode)),
		foreignRequestEveryMs: (asked) =>
			all.map((hooks) => hooks.foreignRequestEveryMs?.(asked)).find((everyMs) => everyMs !== undefined),
		onServerStarted(server) {
			for (const hooks of all) hooks.onServerStarted?.(server);
		},
	};
}
