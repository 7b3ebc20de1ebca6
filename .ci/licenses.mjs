import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The licences of bundled packages as one text, by name and version.
 * @param {readonly string[]} inputs the bundled files; those outside of node_modules are ours
 * @param {string} [root] the folder that the files are relative to
 * @returns {string}
 * @throws {Error} that names the packages without a licence
 */
export function licensesOf(inputs, root = ".") {
	const folders = [...new Set(inputs.flatMap((file) => packageFolder(file) ?? []))];
	const packages = folders.map((folder) => readPackage(join(root, folder)));
	const unlicensed = packages.filter(({ text }) => text === undefined).map(({ title }) => title);
	if (unlicensed.length > 0) throw new Error(`no licence found for ${unlicensed.join(", ")}`);
	const byTitle = new Map(packages.map((each) => [each.title, each]));
	const sections = [...byTitle.values()]
		.sort((a, b) => (a.title < b.title ? -1 : 1))
		.map(({ title, license, text }) => `${title} (${license})\n\n${text}`);
	const rule = `\n\n${"-".repeat(80)}\n\n`;
	return `${["The program in this folder contains the following packages.", ...sections].join(rule)}\n`;
}

/** The folder of the package that a file belongs to; nested packages are packages of their own. */
function packageFolder(file) {
	const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [];
	return folder;
}

function readPackage(folder) {
	const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
	const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(file));
	const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim());
	const authorName = typeof author === "string" ? author : author?.name;
	// A few packages ship no licence file; their manifest's statement is all that they give.
	const stated = license === undefined ? undefined : `Licence: ${license}${authorName ? `\nAuthor: ${authorName}` : ""}`;
	return { title: `${name} ${version}`, license, text: texts.length > 0 ? texts.join("\n\n") : stated };
}
