import { defineConfig } from "vitest/config";

/** Tests on a real cluster: one after the other, each as long as a cluster takes. */
export default defineConfig({
	test: {
		include: ["test/real/**/*.cluster.ts"],
		fileParallelism: false,
		testTimeout: 20 * 60_000,
		hookTimeout: 10 * 60_000,
		bail: 0,
	},
});
