import type { Rotation } from "../../analysis/draining.ts";

/** How many copies were used in rotation, and whether they disturbed each other. */
export function rotationNote(name: string, rotation: Rotation | undefined): string[] {
	if (rotation === undefined || rotation.copies < 2) return [];
	const { copies, mostDraining, disturbed, difference } = rotation;
	const met =
		disturbed === undefined ? "" : `, one of which began to be removed during ${disturbed.starts} of ${disturbed.of}`;
	const used = `${name}: ${copies} copies in rotation, with at most ${mostDraining} pods of other copies still there${met}`;
	if (difference === undefined) return [`${used}; too few cold starts to tell whether these matter`];
	const { fewer, more, p } = difference;
	const beside = `median ${ms(fewer.medianMs)} beside ${fewer.upTo}, ${ms(more.medianMs)} beside ${more.upTo}`;
	return [`${used}; ${beside} (p = ${p < 0.001 ? "< 0.001" : p.toFixed(3)})`];
}

const ms = (value: number) => `${(value / 1000).toFixed(3)} s`;
