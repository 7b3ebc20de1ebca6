/**
 * What many Knative services cost the simulated cluster: `npm run bench:services`. Idle services are made, a second
 * burst of requests goes to some of them in the same instant, and one line each says how many objects there are, how
 * long this machine computed, how fast simulated time can run at that, and how much memory is held. Nothing listens
 * here, and no time is waited for: only the cluster's own work is measured.
 */
import { openManyServices } from "../test/simulator/many-services.ts";

const sizes = process.argv.slice(2).map(Number);
const atOnce = 100;

for (const services of sizes.length > 0 ? sizes : [10, 100, 500]) measure(services);

function measure(services: number): void {
	const before = heapMiB();
	const bench = openManyServices({ services, shape: "native" });
	const report = (what: string, act: () => void) => {
		const simulatedAt = bench.clock.now();
		const computed = process.cpuUsage();
		act();
		const tookMs = process.cpuUsage(computed).user / 1000;
		const simulatedMs = (bench.clock.now() - simulatedAt) / 1e6;
		console.log(
			[
				`${String(services).padStart(4)} services`,
				what.padEnd(22),
				`${String(bench.objects()).padStart(6)} objects`,
				`${(simulatedMs / 1000).toFixed(0).padStart(4)} s simulated`,
				`in ${(tookMs / 1000).toFixed(2).padStart(6)} s`,
				`at most ${(simulatedMs / tookMs).toFixed(0).padStart(5)} × as fast`,
				`${(heapMiB() - before).toFixed(0).padStart(4)} MiB`,
			].join("  "),
		);
	};
	report("made, idle again", () => bench.makeAll());
	for (let round = 1; round <= 3; round++) {
		report(`burst ${round} of ${Math.min(atOnce, services)}`, () => {
			bench.burst(Math.min(atOnce, services));
			bench.waitForZero();
		});
	}
	report("an hour of nothing", () => bench.clock.advance(3_600_000));
}

function heapMiB(): number {
	globalThis.gc?.();
	return process.memoryUsage().heapUsed / 2 ** 20;
}
