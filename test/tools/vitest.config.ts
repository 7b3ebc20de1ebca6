import { defineConfig } from "vitest/config";

/** Tests with programs that npm does not bring; where one is not there, its test fails and says how to get it. */
export default defineConfig({ test: { include: ["test/tools/**/*.tool.ts"], testTimeout: 60_000 } });
