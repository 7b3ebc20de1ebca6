import { expect, it } from "vitest";
import { binomialP } from "../../src/tradeoffs/probes/routing.ts";
import { parseStatistics, sumOf } from "../../src/tradeoffs/probes/statistics.ts";

const text = `# HELP istio_requests_total requests
# TYPE istio_requests_total counter
istio_requests_total{reporter="destination",response_code="200",note="a \\"b\\", c"} 7
istio_requests_total{reporter="source",response_code="200"} 5 1700000000000
envoy_server_uptime 12.5
broken{ x
envoy_nan NaN
`;

it("reads counters with their labels, and leaves out what is no number", () => {
	const counted = parseStatistics(text);
	expect(counted.map(({ name, value }) => `${name} ${value}`)).toEqual([
		"istio_requests_total 7",
		"istio_requests_total 5",
		"envoy_server_uptime 12.5",
	]);
	expect(counted[0]?.labels).toEqual({ reporter: "destination", response_code: "200", note: 'a "b", c' });
});

it("adds up what fits, and knows no sum where nothing does", () => {
	const counted = parseStatistics(text);
	expect(sumOf(counted, ({ name }) => name === "istio_requests_total")).toBe(12);
	expect(sumOf(counted, ({ name }) => name === "none")).toBeUndefined();
});

/** By adding up the probabilities of Python's math.comb. */
it("tests a split exactly", () => {
	expect(binomialP(20, 200, 0.1)).toBeCloseTo(1, 6);
	expect(binomialP(30, 200, 0.1)).toBeCloseTo(0.024397816, 8);
	expect(binomialP(10, 200, 0.1)).toBeCloseTo(0.017579562, 8);
	expect(binomialP(0, 200, 0.1)).toBeLessThan(1e-8);
});
