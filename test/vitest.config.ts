import { defineConfig } from "vitest/config";
import { builtTextForTests } from "../.ci/built-text.mjs";

/** Pages hold a script and a style sheet that are built when they are imported. */
export default defineConfig({ plugins: [builtTextForTests] });
