import type { Knob } from "../../analysis/knobs.ts";
import { oneLine } from "../../text/one-line.ts";
import { formatMsWithRange } from "./amounts.ts";
import { duration } from "./units.ts";

/** What a knob buys, in a few words: `saves 1.020 s [0.912, 1.204]`. */
export function boughtWords({ outcome, savedMs = 0, interval, reason = "" }: Knob): string {
	switch (outcome) {
		case "saves":
			return `saves ${formatMsWithRange(savedMs, interval)}`;
		case "costs":
			return `slower by ${formatMsWithRange(-savedMs, interval && { lo: -interval.hi, hi: -interval.lo })}`;
		case "no-difference":
			return `no difference seen${interval === undefined ? "" : ` (± ${duration(largest(interval))})`}`;
		case "unknown":
			return "not known: too few cold starts";
		case "not-simulated":
			return "not known: the simulated cluster has no model of it";
		case "not-measured":
			return `not measured: ${oneLine(reason)}`;
	}
}

/** `1.025 s startup-istio-proxy, 736 ms notice-istio-proxy`: where it comes from; empty where nothing is known. */
export function whereWords({ phases = [] }: Knob): string {
	return phases.map(({ name, ms }) => `${duration(Math.abs(ms))} ${oneLine(name)}`).join(", ");
}

/** A difference that was not seen is at most this large, with the interval's confidence. */
const largest = ({ lo, hi }: { lo: number; hi: number }) => Math.max(Math.abs(lo), Math.abs(hi));

/** The knobs by the profile that they are turned on, in the order in which they are told. */
export function knobGroups(knobs: readonly Knob[]): { of: string; knobs: Knob[] }[] {
	const names = [...new Set(knobs.map(({ of }) => of))];
	return names.map((of) => ({ of, knobs: knobs.filter((knob) => knob.of === of) }));
}

/** `What each knob buys: time saved of the total of full, with its 95 % interval`. */
export function knobHeading(of: string, { isSimulated }: { isSimulated: boolean }): string {
	const where = isSimulated ? " — SIMULATED" : "";
	return `What each knob buys${where}: time saved of the total of ${oneLine(of)}, 95 % interval`;
}

/** How to read them; nothing where there is nothing to add. */
export function knobNotes(knobs: readonly Knob[]): string[] {
	const notes: string[] = [];
	if (knobs.some(({ outcome }) => outcome === "no-difference")) {
		notes.push("no difference seen (± x): a real one is smaller than x, with 95 % confidence");
	}
	const apart = knobs.filter(({ isApart, savedMs }) => isApart && savedMs !== undefined);
	if (apart.length > 0) {
		const names = apart.map(({ profile }) => oneLine(profile)).join(", ");
		notes.push(
			`${names}: under an install apart, so the cluster may have changed meanwhile; bench --blocks evens that out`,
		);
	}
	return notes;
}
