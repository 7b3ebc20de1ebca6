import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { loadModel } from "../../src/simulator/model/model.ts";

it("has each limit of the model `today` in docs/simulation.md, as it is", () => {
	const text = readFileSync(new URL("../../docs/simulation.md", import.meta.url), "utf8");
	const table = /<!-- limits -->(.*)<!-- \/limits -->/s.exec(text)?.[1] ?? "";
	const { limits } = loadModel("today");
	const missing = Object.entries(limits)
		.map(([name, value]) => `\`${name}\` ${shown(value)}`)
		.filter((entry) => !table.includes(entry));
	expect(missing).toEqual([]);
	const named = table.split("\n").flatMap((row) => row.split("|")[3]?.match(/`\w+`/g) ?? []);
	expect([...new Set(named)].sort()).toEqual(
		Object.keys(limits)
			.map((name) => `\`${name}\``)
			.sort(),
	);
});

function shown(value: number | Record<string, number>): string {
	if (typeof value === "number") return String(value);
	if ("burst" in value) return `${value.perSecond} a second after ${value.burst} at once`;
	return Object.entries(value)
		.map(([name, part]) => `${name} ${part}`)
		.join(", ");
}
