// Bundles the program into dist/: a start of Node reads a few files instead of a thousand. What only some commands need
// stays in files of its own that are loaded when it is needed.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { builtTextForBundle } from "./built-text.mjs";
import { licensesOf } from "./licenses.mjs";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

// client-node's kubeconfig pulls in its whole generated API, of which it needs the configuration alone; loading the
// rest takes half a second.
const configurationOnly = {
	name: "configuration-only",
	setup(build) {
		build.onLoad({ filter: /@kubernetes[\\/]client-node[\\/]dist[\\/]gen[\\/]index\.js$/ }, () => ({
			contents: 'export * from "./configuration.js"; export * from "./servers.js";',
		}));
	},
};

rmSync("dist", { recursive: true, force: true });
const { metafile } = await build({
	entryPoints: { bin: "src/bin.ts", "observer-thread": "src/measure/observing/thread.ts", "simulated-thread": "src/simulator/worker.ts" },
	outdir: "dist",
	bundle: true,
	splitting: true,
	chunkNames: "chunks/[name]-[hash]",
	platform: "node",
	target: "node20.19",
	format: "esm",
	define: {
		"process.env.KNISTIO_VERSION": JSON.stringify(version),
		// write-file-atomic names its files by it; an ES module has it elsewhere.
		__filename: "import.meta.filename",
	},
	banner: {
		js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
	},
	plugins: [configurationOnly, builtTextForBundle],
	legalComments: "linked",
	logLevel: "warning",
	metafile: true,
});
// The same program under the name that makes it a plugin of kubectl.
writeFileSync("dist/kubectl-knistio.js", '#!/usr/bin/env node\nimport "./bin.js";\n', { mode: 0o755 });
// Most licences ask for their text beside every copy of the code.
writeFileSync("dist/THIRD-PARTY-LICENSES.txt", licensesOf(Object.keys(metafile.inputs)));
