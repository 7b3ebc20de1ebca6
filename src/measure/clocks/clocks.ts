import { clientNow, elapsedMs } from "../../clock/client-clock.ts";
import { objectOf, textOf } from "../../kube/untrusted.ts";
import { probeDates } from "./clock-probe.ts";
import { probeLeases } from "./lease-probe.ts";
import type { ClockProbe, ClocksOrder } from "./probe.ts";

/** Every way to find out how far a clock is from ours. */
export const clockProbes: readonly ClockProbe[] = [probeDates, probeLeases];

/** Looks at the clocks now and then. */
export interface ClockProbes {
	/** Begins to look, if none has looked for a minute; returns at once. */
	probeIfDue(): void;
	/** Resolves when nobody is looking any more. */
	done(): Promise<void>;
}

/** Two disciplined clocks run apart by about a millisecond in this time. */
const everyMs = 60_000;

/** Nobody looks before {@link ClockProbes.probeIfDue} is called. */
export function openClockProbes(order: ClocksOrder): ClockProbes {
	let probing = Promise.resolve();
	let lastAt: bigint | undefined;
	return {
		probeIfDue() {
			if (lastAt !== undefined && elapsedMs(order.clock, lastAt) < everyMs) return;
			lastAt = clientNow(order.clock);
			probing = probing.then(() => probeClocks(order));
		},
		done: () => probing,
	};
}

/**
 * Bounds the clocks of the API server and of the nodes that our pods are on, within about 14 s of the client's time. It
 * never fails: where a right is missing, or the run ends, a clock is known from what is left, and from causes.
 */
export async function probeClocks(order: ClocksOrder): Promise<void> {
	const pods = order.state.objects("pods");
	const nodes = [...new Set(pods.flatMap(({ spec }) => textOf(objectOf(spec).nodeName) ?? []))];
	await Promise.all(clockProbes.map((probe) => probe(order, nodes).catch(() => undefined)));
}
