import type { Plugin as BundlePlugin } from "esbuild";
import type { Plugin as TestPlugin } from "vitest/config";

/** Answers `import { text } from "./file.ts?built"` in the bundle. */
export const builtTextForBundle: BundlePlugin;
/** The same in tests. */
export const builtTextForTests: TestPlugin;
