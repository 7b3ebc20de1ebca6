import { defineConfig } from "vitest/config";
import { builtTextForTests } from "../.ci/built-text.mjs";

/** Rooms whose tests leave nothing behind in their process, so that one is enough for many files. */
const shared = [
	...["analysis", "bench", "browser", "context", "gate", "install", "istio", "job", "knative", "kube"],
	...["measure", "output", "profile", "recording", "report", "text", "timing", "traces"],
];
/** It puts a module of its own in the place of another, which must not have been imported before. */
const mocking = "test/analysis/figures.test.ts";
const inShared = shared.map((room) => `test/${room}/**/*.test.ts`);

const rest = ["test/*.test.ts", `test/!(${shared.join("|")})/**/*.test.ts`];

/** Pages hold a script and a style sheet that are built when they are imported. */
export default defineConfig({
	plugins: [builtTextForTests],
	test: {
		maxWorkers: "100%",
		projects: [
			// Starting a process and importing the same files again takes half of a quick test's time.
			{ extends: true, test: { name: "shared", include: inShared, exclude: [mocking], isolate: false } },
			{ extends: true, test: { name: "alone", include: [mocking, ...rest] } },
		],
	},
});
