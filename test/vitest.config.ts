import { defineConfig } from "vitest/config";
import { builtTextForTests } from "../.ci/built-text.mjs";

/** Rooms whose tests leave nothing behind in their process, so that one is enough for many files. */
const shared = [
	...["analysis", "bench", "browser", "clock", "context", "gate", "install", "istio", "job", "knative", "kube"],
	...["measure", "output", "profile", "recording", "report", "text", "timing", "traces"],
];
const inShared = shared.map((room) => `test/${room}/**/*.test.ts`);

/** Pages hold a script and a style sheet that are built when they are imported. */
export default defineConfig({
	plugins: [builtTextForTests],
	test: {
		projects: [
			// Starting a process and importing the same files again takes half of a quick test's time.
			{ extends: true, test: { name: "shared", include: inShared, isolate: false } },
			{ extends: true, test: { name: "alone", include: ["test/**/*.test.ts"], exclude: inShared } },
		],
	},
});
