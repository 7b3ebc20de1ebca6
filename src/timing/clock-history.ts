import type { EntryOf } from "../recording/entries.ts";
import type { ClockOffset, Finding } from "../report/report.ts";
import { isClosed, likelyOffset, type Offsets, openOffsets } from "./clocks/offsets.ts";
import { toMs } from "./path/measured.ts";

/** What is known of the clocks in the course of a run. */
export interface ClockHistory {
	offsets: Offsets;
	/** Time has passed: what was known gets less precise. */
	age(now: bigint): void;
	/** A probe that contradicts what was known gives a finding. */
	addProbe(probe: EntryOf<"clock">): Finding[];
	/** As the report states it. */
	offsetsMs(): ClockOffset[];
}

/** Nothing is known yet. */
export function openClockHistory(): ClockHistory {
	const offsets = openOffsets();
	let agedAt: bigint | undefined;
	function age(now: bigint): void {
		if (agedAt !== undefined && now > agedAt) offsets.age(now - agedAt);
		agedAt = now;
	}
	return {
		offsets,
		age,
		addProbe({ clock, method, loNs, hiNs, at }) {
			age(BigInt(at));
			const bounds = { lo: BigInt(loNs), ...(hiNs === undefined ? {} : { hi: BigInt(hiNs) }) };
			if (offsets.narrow(clock, bounds, method)) return [];
			// The clock was set, or it runs faster than clocks may.
			offsets.replace(clock, bounds, method);
			const message = `the clock of ${clock} has moved against this machine's since the last probe`;
			return [
				{ code: "clock-moved", message, hint: "durations between two clocks may be wrong by as much as it moved" },
			];
		},
		offsetsMs: () =>
			offsets.known().map(({ clock, bounds, method }) => {
				const loMs = toMs(bounds.lo);
				if (!isClosed(bounds)) return { clock, loMs, method };
				return { clock, offsetMs: toMs(likelyOffset(bounds)), loMs, hiMs: toMs(bounds.hi), method };
			}),
	};
}
