import type { Command } from "commander";
import type { Context } from "../context/context.ts";
import type { ExitCode } from "../errors.ts";

/** What a command's declaration does with the code that its work ends with. */
export type Finish = (code: ExitCode) => void;

/** Declares one command of `knistio`: its help, its options, and what runs when it is called. */
export type Declaration = (program: Command, context: Context, finish: Finish) => void;
