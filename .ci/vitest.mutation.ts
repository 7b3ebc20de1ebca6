import { defineConfig } from "vitest/config";

/** The tests that run for each mutant: those of the rooms that are mutated, none that starts a process of its own. */
export default defineConfig({
	test: { include: ["test/timing/**/*.test.ts", "test/measure/**/*.test.ts", "test/install/**/*.test.ts"] },
});
