import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isUsable, keep } from "./baseline-pool.mjs";

/** The kept files of one kind, the oldest first. @param {string} folder @param {"recent" | "anchor"} kind */
function filesOf(folder, kind) {
	const numberOf = (/** @type {string} */ name) => Number(name.replace(/\D/g, ""));
	let names;
	try {
		names = readdirSync(folder);
	} catch {
		return [];
	}
	const own = names.filter((name) => name.startsWith(`${kind}-`) && name.endsWith(".json"));
	return own.sort((a, b) => numberOf(a) - numberOf(b)).map((name) => join(folder, name));
}

/** `node keep-baseline.mjs REPORT FROM TO`: writes into TO what FROM keeps, with REPORT added if it is usable. */
function main([report, from, to]) {
	const kept = { recent: filesOf(from, "recent"), anchor: filesOf(from, "anchor") };
	const usable = isUsable(JSON.parse(readFileSync(report, "utf8")));
	const next = usable ? keep(kept, report) : kept;
	if (!usable) console.log("the report is no part of the baseline: it was cut short, or a profile has no cold start");
	if (next.recent.length === 0) return;
	rmSync(to, { recursive: true, force: true });
	mkdirSync(to, { recursive: true });
	for (const kind of /** @type {const} */ (["recent", "anchor"])) {
		for (const [index, path] of next[kind].entries()) copyFileSync(path, join(to, `${kind}-${index + 1}.json`));
	}
}

main(process.argv.slice(2));
