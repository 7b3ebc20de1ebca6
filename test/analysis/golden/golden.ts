import { readFileSync } from "node:fs";

/** The cases that make-golden.py wrote. */
export function goldenCases<Case>(file: string): Case[] {
	const text = readFileSync(new URL(file, import.meta.url), "utf8");
	return (JSON.parse(text) as { cases: Case[] }).cases;
}
