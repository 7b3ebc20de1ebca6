import type { Clock } from "../../clock/clock.ts";

/**
 * Whether a wait has lasted long enough, asked after each look: after its time, and no fewer looks than these, for one
 * look may take all of the time of a simulated cluster, or of a slow connection.
 */
export function openPatience(clock: Clock, { ms, leastLooks }: { ms: number; leastLooks: number }): () => boolean {
	const deadlineAt = clock.now() + ms;
	let looks = 0;
	return () => ++looks >= leastLooks && clock.now() > deadlineAt;
}
