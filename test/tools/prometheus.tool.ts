import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import { renderPrometheus } from "../../src/output/report/prometheus.ts";
import { aReport, around } from "../gate/a-report.ts";
import { expressions } from "../support/dashboard.ts";
import { recorded, reportOf } from "../support/recorded.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { needed } from "./needed.ts";

const folder = temporaryFolder();
const [native] = reportOf(recorded("native")).profiles[0]?.coldStarts ?? [];
const spans = Object.fromEntries(
	Object.entries(native?.spans ?? {}).map(([name, { ms }]) => [name, around(ms, 9, 20)]),
);
const phases = { ...spans, "startup-istio-proxy": around(1_300, 50, 20) };
const metrics = renderPrometheus(figuresOf(aReport({ full: { totals: around(5_000, 100, 20), phases } })));

describe("promtool", () => {
	it("finds nothing wrong with the metrics", () => {
		const promtool = needed("promtool", "prometheus");
		const said = execFileSync(promtool, ["check", "metrics"], { input: metrics, encoding: "utf8" });
		expect(said.trim()).toBe("");
	});

	it("finds data for every query of the dashboard", () => {
		const promtool = needed("promtool", "prometheus");
		const samples = metrics.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
		const input_series = samples.map((line) => {
			const end = line.lastIndexOf(" ");
			return { series: line.slice(0, end), values: `${line.slice(end + 1)}x5` };
		});
		const promql_expr_test = expressions().map((expr) => ({
			expr: `count(${expr}) > bool 0`,
			eval_time: "5m",
			exp_samples: [{ labels: "{}", value: 1 }],
		}));
		const file = join(folder, "tests.yaml");
		writeFileSync(
			file,
			dump({ rule_files: [], evaluation_interval: "1m", tests: [{ interval: "1m", input_series, promql_expr_test }] }),
		);
		expect(execFileSync(promtool, ["test", "rules", file], { encoding: "utf8" })).toContain("SUCCESS");
	});
});
