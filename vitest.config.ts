import { defineConfig } from "vitest/config";
import { builtTextForTests } from "./.ci/built-text.mjs";

export default defineConfig({ plugins: [builtTextForTests] });
