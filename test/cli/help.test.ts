import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { declare, main } from "../../src/main.ts";
import { knistio } from "../support/command-line.ts";
import { silentContext } from "../support/silent-context.ts";

const program = declare(silentContext(), () => {});

/** Every command's words, such as `profiles show`. */
function wordsOf(command: Command, before: string[] = []): string[][] {
	return command.commands.flatMap((each) => [[...before, each.name()], ...wordsOf(each, [...before, each.name()])]);
}

describe("help", () => {
	it("lists the commands and the exit codes", async () => {
		const { code, stdout, stderr } = await knistio(["--help"]);
		expect([code, stderr]).toEqual([0, ""]);
		for (const { name } of program.commands.map((each) => ({ name: each.name() })))
			expect(stdout).toContain(`  ${name}`);
		expect(stdout).toContain("99  a budget or a baseline is breached");
	});

	it.each(
		wordsOf(program).map((words) => [words.join(" "), words] as const),
	)("of %s is for that command", async (name, words) => {
		const { code, stdout, stderr } = await knistio([...words, "--help"]);
		expect([code, stderr]).toEqual([0, ""]);
		expect(stdout).toMatch(new RegExp(`^Usage: knistio ${name}(\\|clean)?[ \\n]`));
		for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(110);
	});

	it.each(
		wordsOf(program).map((words) => [words.join(" "), words] as const),
	)("of %s has examples that the program takes", async (_, words) => {
		const { stdout } = await knistio([...words, "--help"]);
		const [, examples = ""] = stdout.split(/Examples?:\n/);
		const lines = examples
			.replaceAll("\\\n", " ")
			.split("\n")
			.filter((line) => /^ +knistio /.test(line));
		expect(lines.length).toBeGreaterThan(0);
		for (const line of lines) {
			const argv = (line.split(/ [|>] (?=[^"]*$)/)[0] ?? "").match(/"[^"]*"|\S+/g)?.slice(1) ?? [];
			// Parsed to the end, so that what is complained about is what it asks for, not how.
			const errors: string[] = [];
			await main(
				argv.map((word) => word.replaceAll('"', "")),
				{ ...silentContext(), stderr: (text) => void errors.push(text), readFile: unread },
			);
			expect(errors.join("")).not.toMatch(/unknown option|unknown command|invalid|missing required|too many arguments/);
		}
	});

	it("tells the version", async () => {
		expect(await knistio(["--version"])).toMatchObject({ code: 0, stdout: "1.2.3\n", stderr: "" });
	});

	it("lists every phase", async () => {
		const { code, stdout } = await knistio(["phases"]);
		expect(code).toBe(0);
		for (const name of ["total", "endpoint_wait", "container_startup_<container>", "unattributed"]) {
			expect(stdout).toMatch(new RegExp(`^${name} `, "m"));
		}
	});
});

const unread = () => Promise.reject(Object.assign(new Error("not read"), { code: "ENOENT" }));

describe("a defect", () => {
	it("is called one, with what to do, and is 1", async () => {
		const { code, stderr } = await knistio(["uninstall"]);
		expect(code).toBe(1);
		expect(stderr).toMatch(/^error: this is a defect of knistio: Error: this test has no cluster\n/);
		expect(stderr).toContain("hint: please report it");
	});
});
