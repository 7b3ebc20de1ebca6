import { describe, expect, it } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import { renderPrometheus } from "../../src/output/report/prometheus.ts";
import { dashboard, expressions } from "../support/dashboard.ts";
import { recorded, reportOf } from "../support/recorded.ts";

const text = renderPrometheus(figuresOf(reportOf(recorded("native"))));
const written = [...text.matchAll(/^# TYPE (\w+) gauge$/gm)].map(([, name]) => name);
const { panels, templating } = dashboard();
const queries = [...expressions(), ...templating.list.map(({ query }) => query)];

describe("the Grafana dashboard", () => {
	it("asks for metrics that knistio writes, and for each of them", () => {
		const asked = queries.flatMap((query) => query.match(/\bknistio_\w+/g) ?? []);
		// Only a run of six cold starts has intervals.
		const intervals = ["knistio_cold_start_median_lower_seconds", "knistio_cold_start_median_upper_seconds"];
		expect([...new Set(asked)].sort()).toEqual([...new Set([...written, ...intervals])].sort());
	});

	it("asks by labels that the metrics have, and leaves simulated runs out", () => {
		for (const query of expressions()) {
			const [, name = "", inside = ""] = /(\w+)\{([^}]*)\}/.exec(query) ?? [];
			const asked = [...inside.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label);
			expect(asked).toContain("simulated");
			const twin = name.replace(/_(lower|upper)_/, "_");
			const line = text.split("\n").find((each) => each.startsWith(`${twin}{`) || each.startsWith(`${twin} `)) ?? "";
			const known = [...line.matchAll(/(\w+)="/g)].map(([, label]) => label);
			expect(
				asked.filter((label) => label !== "simulated" && !known.includes(label)),
				query,
			).toEqual([]);
		}
	});

	it("names in its legends labels that the queries have", () => {
		for (const { expr, legendFormat } of panels.flatMap(({ targets }) => targets)) {
			const labels = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
			if (/^(time|max|min)/.test(expr)) expect(labels).toEqual([]);
			else expect(labels).toContain("profile");
		}
	});

	it("has panels that say what they show, in a unit, and do not overlap", () => {
		expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
		for (const [index, { title, description, gridPos, fieldConfig, targets }] of panels.entries()) {
			expect(description, title).toMatch(/\.$/);
			expect(fieldConfig.defaults.unit).toBe(targets[0]?.expr.includes("_seconds") ? "s" : fieldConfig.defaults.unit);
			const { x, y, w, h } = gridPos;
			expect(x + w).toBeLessThanOrEqual(24);
			const overlapping = panels
				.slice(index + 1)
				.filter(({ gridPos: g }) => g.x < x + w && x < g.x + g.w && g.y < y + h && y < g.y + g.h);
			expect(overlapping, title).toEqual([]);
		}
	});
});
