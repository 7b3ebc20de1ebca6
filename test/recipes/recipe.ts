import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";

const folder = ".github";
const paragraphs = readFileSync(join(folder, "CONTRIBUTING.md"), "utf8").split(/\n\n+/);

/** A recipe of CONTRIBUTING.md. */
export interface Recipe {
	/** Files that it links to. */
	files: string[];
	/** Files that it has one make, with `NAME` in their paths. */
	newFiles: string[];
}

/** The paragraph that begins with this title. */
export function recipeFor(title: string): Recipe {
	const text = paragraphs.find((each) => each.startsWith(`**${title}.**`)) ?? "";
	const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => join(folder, link));
	const newFiles = [...text.matchAll(/`([\w/.-]*NAME[\w.-]*\.\w+)`/g)].map(([, path = ""]) => path);
	return { files: [...new Set(links)], newFiles };
}

/** Fails unless all that the recipe links to is there, and the folder of each file that it has one make. */
export function expectFilesOf({ files, newFiles }: Recipe): void {
	expect(files.length).toBeGreaterThan(0);
	expect(newFiles.length).toBeGreaterThan(0);
	expect([...files, ...newFiles.map((path) => dirname(path))].filter((path) => !existsSync(path))).toEqual([]);
}

/** The list with one entry more while the work is done: what the recipe's line does. */
export async function withEntry<T>(list: readonly T[], entry: T, work: () => Promise<void>): Promise<void> {
	(list as T[]).push(entry);
	try {
		await work();
	} finally {
		(list as T[]).pop();
	}
}
