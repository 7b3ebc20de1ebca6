import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "@lydell/node-pty";
import { type Command, Help } from "commander";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { byPlaceholder, completedTree } from "../../src/completion/commander-tree.ts";
import { placed } from "../../src/completion/tree.ts";
import { declare } from "../../src/main.ts";
import { reportFormats } from "../../src/output/formats.ts";
import { builtInProfiles } from "../../src/profile/built-in.ts";
import { knistio } from "../support/command-line.ts";
import { openTerminal } from "../support/screen.ts";
import { silentContext } from "../support/silent-context.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
mkdirSync(join(folder, "my runs"));
writeFileSync(join(folder, "run one.json"), "");
const program = declare(silentContext(), () => {});
const scriptOf = async (shell: string) => (await knistio(["completion", shell])).stdout;

/** What bash proposes for the last of these words. */
async function proposed(...words: string[]): Promise<string[]> {
	const script = await scriptOf("bash");
	// compopt is for a real completion alone, and complains to stderr elsewhere.
	const ask = `${script}\nCOMP_WORDS=("$@") COMP_CWORD=$(($# - 1))\n_knistio\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
	const text = execFileSync("bash", ["--norc", "-c", ask, "bash", ...words], { encoding: "utf8", cwd: folder });
	return text.trim() === "" ? [] : text.trimEnd().split("\n").sort();
}

describe("the tree", () => {
	it("has every command and option that the help shows, and no other", () => {
		const visit = (command: Command, path: string): string[] => {
			const help = new Help();
			const below = help.visibleCommands(command);
			const options = command.name() === "help" ? [] : help.visibleOptions(command);
			return [
				...options.map(({ long }) => `${path} ${long}`),
				...below.flatMap((each) => [`${path} ${each.name()}`, ...visit(each, `${path} ${each.name()}`.trim())]),
			];
		};
		const seen = placed(completedTree(program)).flatMap(({ path, options, commands }) => [
			...options.map(({ names }) => `${path} ${names.at(-1)}`),
			...commands.map(({ names }) => `${path} ${names[0]}`),
		]);
		expect([...seen].sort()).toEqual(visit(program, "").sort());
		expect(seen).toContain("bench --profile");
		expect(seen).not.toContain("bench --require");
	});

	it("has no word that a shell would take for something else", () => {
		for (const { commands, options, values } of placed(completedTree(program))) {
			const words = [
				...commands.flatMap(({ names }) => names),
				...options.flatMap(({ names, value }) => [...names, ...(value?.words ?? [])]),
				...values.flatMap(({ words }) => words),
			];
			expect(words.filter((word) => !/^[\w.-]+$/.test(word))).toEqual([]);
		}
	});

	it("has no value that nobody has thought of", () => {
		const values = placed(completedTree(program)).flatMap(({ options, values }) => [
			...options.flatMap(({ value }) => value ?? []),
			...values,
		]);
		const unknown = values.filter(({ name, words }) => words.length === 0 && byPlaceholder[name] === undefined);
		expect(unknown.map(({ name }) => name)).toEqual([]);
	});
});

const formats = reportFormats.map(({ name }) => name).sort();

describe("bash", () => {
	it("proposes commands, also below others and by their second names", async () => {
		expect(await proposed("knistio", "")).toEqual(expect.arrayContaining(["bench", "clean", "completion", "help"]));
		expect(await proposed("knistio", "pro")).toEqual(["profiles"]);
		expect(await proposed("knistio", "profiles", "")).toEqual(["help", "list", "render", "show", "validate"]);
		expect(await proposed("knistio", "help", "comp")).toEqual(["compare", "completion"]);
		expect(await proposed("knistio", "clean", "--fo")).toEqual(["--force"]);
	});

	it("proposes the options of the command that stands there", async () => {
		expect(await proposed("knistio", "bench", "--it")).toEqual(["--iterations"]);
		expect(await proposed("knistio", "bench", "--profile", "check", "--ot")).toEqual(["--otlp"]);
		expect(await proposed("knistio", "show", "--it")).toEqual([]);
		expect(await proposed("knistio", "--deb")).toEqual(["--debug"]);
	});

	it("proposes values, also behind =", async () => {
		expect(await proposed("knistio", "show", "--format", "")).toEqual(formats);
		expect(await proposed("knistio", "show", "--format", "=")).toEqual(formats);
		expect(await proposed("knistio", "show", "--format", "=", "js")).toEqual(["json"]);
		expect(await proposed("knistio", "bench", "-p", "full")).toEqual(["full", "full-cni"]);
		expect(await proposed("knistio", "bench", "--sidecar", "")).toEqual(["classic", "native"]);
		expect(await proposed("knistio", "check", "--gate", "startup-istio")).toContain("startup-istio-proxy");
		expect(await proposed("knistio", "completion", "")).toEqual(["bash", "fish", "zsh"]);
	});

	it("proposes files, and profiles beside them", async () => {
		expect(await proposed("knistio", "show", "run")).toEqual(["run one.json"]);
		expect(await proposed("knistio", "bench", "--out", "")).toEqual(["my runs", "run one.json"]);
		expect(await proposed("knistio", "profiles", "show", "")).toEqual(
			[...builtInProfiles, "my runs", "run one.json"].sort(),
		);
		expect(await proposed("knistio", "bench", "--iterations", "")).toEqual([]);
	});

	it("completes what is typed before a tab", async () => {
		const file = join(folder, "completion.bash");
		writeFileSync(file, await scriptOf("bash"));
		const terminal = openTerminal(100);
		const shell = spawn("bash", ["--norc", "--noprofile", "-i"], {
			cols: 100,
			cwd: folder,
			env: { PATH: process.env.PATH ?? "", PS1: "$ ", TERM: "xterm", HOME: folder },
		});
		onTestFinished(() => shell.kill("SIGKILL"));
		shell.onData((text) => terminal.write(text));
		const shows = (words: string) =>
			vi.waitFor(async () => expect((await terminal.text()).join("\n")).toContain(words), { timeout: 20_000 });
		shell.write(`source ${file}\r`);
		await shows("completion.bash\n$");
		shell.write("knistio ben\t--prof\tfull-\t--out my\t");
		await shows("$ knistio bench --profile full-cni --out my\\ runs/");
	});
});

describe("the script of every shell", () => {
	it.each(["zsh", "fish"])("has every option of every command: %s", async (shell) => {
		const script = await scriptOf(shell);
		for (const { options } of placed(completedTree(program))) {
			for (const long of options.flatMap(({ names }) => names.filter((name) => name.startsWith("--")))) {
				expect(script).toContain(shell === "zsh" ? long : `-l ${long.slice(2)} `);
			}
		}
	});

	it("is for a shell that is known", async () => {
		const { code, stderr } = await knistio(["completion", "tcsh"]);
		expect(code).toBe(2);
		expect(stderr).toContain("bash, zsh, fish");
	});
});
