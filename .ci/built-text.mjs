import { dirname, resolve } from "node:path";
import { build } from "esbuild";

/*
 * `import { text } from "./file.ts?built"` gives what a browser needs of a script or a style sheet: one text, bundled
 * with what it imports, and without types. The bundle in dist and the tests get the same text.
 */

const mark = /\?built$/;

/** A module whose `text` is the built file. */
async function moduleOf(file) {
	const options = { bundle: true, write: false, minify: true, platform: "browser", target: "es2022", charset: "utf8" };
	const { outputFiles } = await build({ ...options, entryPoints: [file], outdir: ".", logLevel: "warning" });
	return `export const text = ${JSON.stringify(outputFiles[0].text.trim())};`;
}

/** For esbuild. */
export const builtTextForBundle = {
	name: "built-text",
	setup(build) {
		build.onResolve({ filter: mark }, ({ path, resolveDir }) => ({
			path: resolve(resolveDir, path.replace(mark, "")),
			namespace: "built-text",
		}));
		build.onLoad({ filter: /.*/, namespace: "built-text" }, async ({ path }) => ({ contents: await moduleOf(path) }));
	},
};

const prefix = "\0built-text:";
const suffix = ".module";

/** For vitest. */
export const builtTextForTests = {
	name: "built-text",
	enforce: "pre",
	resolveId(source, importer) {
		if (!mark.test(source)) return undefined;
		// Its name ends in no extension that Vite would do something about.
		return `${prefix}${resolve(dirname(importer), source.replace(mark, ""))}${suffix}`;
	},
	async load(id) {
		return id.startsWith(prefix) ? moduleOf(id.slice(prefix.length, -suffix.length)) : undefined;
	},
};
