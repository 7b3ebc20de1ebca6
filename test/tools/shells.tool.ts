import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "@lydell/node-pty";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { knistio } from "../support/command-line.ts";
import { openTerminal } from "../support/screen.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { needed } from "./needed.ts";

const folder = temporaryFolder();
mkdirSync(join(folder, "runs"));
writeFileSync(join(folder, "one.json"), "");

async function scriptFor(shell: string): Promise<string> {
	const file = join(folder, "runs", `completion.${shell}`);
	writeFileSync(file, (await knistio(["completion", shell])).stdout);
	return file;
}

describe("fish", () => {
	async function proposed(line: string): Promise<string[]> {
		const fish = needed("fish");
		const script = await scriptFor("fish");
		const env = { PATH: process.env.PATH ?? "", HOME: folder };
		const ask = ["--no-config", "-c", `source ${script}; complete -C "${line}"`];
		const text = execFileSync(fish, ask, { encoding: "utf8", cwd: folder, env });
		return text
			.split("\n")
			.filter((each) => each !== "")
			.map((each) => each.split("\t")[0] ?? "")
			.sort();
	}

	it.each([
		["knistio ben", ["bench"]],
		["knistio profiles ", ["help", "list", "render", "show", "validate"]],
		["knistio clean --fo", ["--force"]],
		["knistio bench -p check --ot", ["--otlp"]],
		["knistio show --format j", ["json"]],
		["knistio show --format=j", ["--format=json"]],
		["knistio bench --sidecar ", ["classic", "native"]],
		["knistio bench --profile full", ["full", "full-cni"]],
		["knistio show o", ["one.json"]],
		["knistio bench --iterations ", []],
		["knistio completion ", ["bash", "fish", "zsh"]],
	])("proposes for %s", async (line, words) => {
		expect(await proposed(line)).toEqual(words);
	});

	it("says what each of them does", async () => {
		const script = await scriptFor("fish");
		const text = execFileSync(needed("fish"), ["--no-config", "-c", `source ${script}; complete -C "knistio chec"`], {
			encoding: "utf8",
		});
		expect(text).toContain("check\tjudge a saved report");
	});
});

describe("zsh", () => {
	async function open() {
		const zsh = needed("zsh");
		const script = await scriptFor("zsh");
		const terminal = openTerminal(120, 60);
		const shell = spawn(zsh, ["-f", "-i"], {
			cols: 120,
			rows: 60,
			cwd: folder,
			env: { PATH: process.env.PATH ?? "", HOME: folder, TERM: "xterm", ZDOTDIR: folder },
		});
		onTestFinished(() => shell.kill("SIGKILL"));
		shell.onData((text) => terminal.write(text));
		const shows = (words: string | RegExp) =>
			vi.waitFor(async () => expect((await terminal.text()).join("\n")).toMatch(words), { timeout: 20_000 });
		shell.write(`PROMPT='$ '; autoload -Uz compinit; compinit -u -D; source ${script}; clear; echo ready\r`);
		await shows(/^ready\n\$/m);
		return { type: (text: string) => shell.write(text), shows };
	}

	it.each([
		["knistio ben\t--prof\tfull-\t", "$ knistio bench --profile=full-cni "],
		["knistio clean --fo\t", "$ knistio clean --force "],
		["knistio show --format=js\t", "$ knistio show --format=json "],
		["knistio show on\t", "$ knistio show one.json "],
		["knistio profiles sh\tfull-\t", "$ knistio profiles show full-cni "],
		["knistio bench -p full --ot\t", "$ knistio bench -p full --otlp"],
		["knistio help comp\tl\t", "$ knistio help completion"],
	])("completes %j", async (typed, line) => {
		const { type, shows } = await open();
		type(typed);
		await shows(new RegExp(line.trimEnd().replace(/[$.]/g, "\\$&")));
	});

	it("lists what it proposes, and what each of them does", async () => {
		const { type, shows } = await open();
		type("knistio \t\t");
		await shows(/check +-- judge a saved report/);
		type("\u0015knistio show --format \t\t");
		await shows(/csv.+json.+md/);
	});
});
