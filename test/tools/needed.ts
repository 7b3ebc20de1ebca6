import { spawnSync } from "node:child_process";

/** A program that a test runs. @throws Error that says how to install it where it is not on PATH */
export function needed(program: string, debianPackage = program): string {
	const { error } = spawnSync(program, ["--version"]);
	if (error === undefined) return program;
	throw new Error(`this test needs ${program}: apt-get install ${debianPackage}, or put it on PATH`);
}
