import type { ExitCode } from "../errors.ts";

/** What a command's declaration does with the code that its work ends with. */
export type Finish = (code: ExitCode) => void;
