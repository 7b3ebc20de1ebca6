import { describe, expect, it } from "vitest";
import { parseBudget } from "../../src/gate/parse-budget.ts";
import { parseDuration } from "../../src/text/duration.ts";
import { parseImage } from "../../src/text/names.ts";

describe("a duration", () => {
	it.each([
		["500ms", 500],
		["90s", 90_000],
		["1m", 60_000],
		["2min", 120_000],
		["1.5h", 5_400_000],
		["1m30s", 90_000],
		["1h2m", 3_720_000],
		["1h2m3.5s4ms", 3_723_504],
		["250us", 0.25],
		["250µs", 0.25],
		["3 s", 3_000],
		["600h", 2_160_000_000],
	])("%s is the same in an option and in a budget", (text, ms) => {
		expect(parseDuration(text, "value")).toBe(ms);
		const source = "--budget";
		expect(parseBudget({ text: `minimal.total: p(50) < ${text}`, source }).limit).toEqual({ kind: "time", ms });
		const { statistic } = parseBudget({ text: `minimal.total: share(> ${text}) <= 5%`, source });
		expect(statistic).toMatchObject({ beyond: { operator: ">", ms } });
		const against = parseBudget({ text: `minimal.total: p(50) < full.pod_creating-x-2-${text}`, source }).limit;
		expect(against).toMatchObject({ measure: "pod_creating-x-2", offsetMs: -ms });
	});

	it.each(["", "1", "s", "1x", "1m30", "-1s", "1 m 30 parsecs", "1e3s", "0s", "0h0m"])("%j is refused", (text) => {
		expect(() => parseDuration(text, "--timeout")).toThrow(`--timeout: "${text}" is not a duration`);
	});
});

describe("an image", () => {
	it.each([
		"a",
		"ghcr.io/knative/helloworld-go:latest",
		"localhost:5000/a_b/c__d-e:V1",
		`r.io/a@sha256:${"a".repeat(64)}`,
	])("%s is one", (text) => expect(parseImage(text, "--image")).toBe(text));

	it.each(["", "A", "a b", "a:", "https://a/b", "a@b"])("%j is none", (text) => {
		expect(() => parseImage(text, "--image")).toThrow(/--image: ".*" is not a container image/);
	});
});
