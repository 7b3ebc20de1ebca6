import { defineConfig } from "vitest/config";
import { builtTextForTests } from "../../.ci/built-text.mjs";

/** Tests of the pages in a real browser. */
export default defineConfig({
	plugins: [builtTextForTests],
	test: { include: ["test/browser/**/*.browser.ts"], testTimeout: 120_000, hookTimeout: 60_000 },
});
