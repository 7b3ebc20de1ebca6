import stringWidth from "string-width";
import { describe, expect, it, vi } from "vitest";
import { startBuilt } from "../support/built-program.ts";
import { startOnTerminal } from "../support/built-terminal.ts";

// Starts of the talk's day are so slow that a screen drawn five times a second shows each of their steps.
const bench = "bench --cluster simulated --model talk-2019 --profile full -n 1 --copies 1 --speed 10".split(" ");
const timeout = 120_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const cursorCommands = /\u001b\[\d*[A-HJKfs]|\r(?!\n)/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const colors = /\u001b\[[\d;]+m/;

describe("a bench on a terminal", () => {
	it.each([
		{ columns: 40, env: {} },
		{ columns: 80, env: { NO_COLOR: "1" } },
		{ columns: 160, env: {} },
	])(
		"of $columns columns shows each cold start in one place, and takes it away",
		async ({ columns, env }) => {
			const { ended, frames, text, raw } = startOnTerminal(bench, { columns, env });
			expect(await ended()).toBe(0);
			const all = frames.map((frame) => frame.join("\n"));
			for (const shown of [/[○◐✔] istio-init/, /◐ istio-proxy \d/, /✔ user-container \d+\.\d s/, /back to zero \d/]) {
				expect(all.some((frame) => shown.test(frame))).toBe(true);
			}
			for (const frame of frames) {
				expect(Math.max(...frame.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns);
				expect(frame.filter((line) => /^full: (warm-up|cold start 1 of 1) · /.test(line)).length).toBeLessThan(2);
				expect(frame.filter((line) => /[○◐✔] istio-proxy/.test(line)).length).toBeLessThan(2);
			}
			const left = (await text()).join("\n");
			expect(left).toMatch(/^full: warm-up: HTTP 200, /);
			expect(left).not.toMatch(/[○◐✔]|back to zero|full: cold start 1 of 1 ·|^removing/m);
			// The result is coloured too.
			expect(colors.test(raw())).toBe(env.NO_COLOR === undefined);
			expect(raw()).not.toContain("\u001b[?25l");
		},
		timeout,
	);

	it(
		"that becomes narrower while it runs keeps every line that stays, once",
		async () => {
			const { ended, text, resizeAt } = startOnTerminal(bench, { columns: 100 });
			await resizeAt(/back to zero/, 60);
			await resizeAt(/cold start 1 of 1 · \d[\s\S]*[○◐✔]/, 45);
			expect(await ended()).toBe(0);
			const left = await text();
			expect(left.filter((line) => line.startsWith("full: warm-up"))).toHaveLength(1);
			expect(left.filter((line) => line.startsWith("full: cold start 1 of 1"))).toHaveLength(1);
			expect(left.join("\n")).not.toMatch(/[○◐✔]|back to zero/);
		},
		timeout,
	);

	it(
		"that is interrupted ends with the error alone",
		async () => {
			const { ended, frames, text, type } = startOnTerminal(bench, { columns: 80 });
			await vi.waitFor(() => expect(frames.at(-1)?.join("\n")).toMatch(/[○◐] istio-proxy/), { timeout, interval: 20 });
			type("\u0003");
			expect(await ended()).toBe(130);
			const left = (await text()).join("\n");
			expect(left).toContain("error: interrupted by SIGINT");
			expect(left).not.toMatch(/[○◐✔]|removing|\^C/);
		},
		timeout,
	);
});

describe("where nothing can be drawn over", () => {
	const isCalm = (text: string) => {
		expect(text).not.toMatch(cursorCommands);
		const lines = text.split(/\r?\n/);
		const told = lines.filter((line) => line.startsWith("full: "));
		expect(told.slice(-4)).toEqual([
			"full: warm-up",
			expect.stringMatching(/^full: warm-up: HTTP 200, \d+\.\d{3} s$/),
			"full: cold start 1 of 1",
			expect.stringMatching(/^full: cold start 1 of 1: HTTP 200, \d+\.\d{3} s/),
		]);
		expect(text).not.toMatch(/[○◐✔]|back to zero/);
	};
	const beforeTable = (text: string) => text.slice(0, text.indexOf("SIMULATED"));

	it.each([{ TERM: "dumb" }, { CI: "true" }])(
		"by %o, each step is a line",
		async (env) => {
			const { ended, raw } = startOnTerminal(bench, { env });
			expect(await ended()).toBe(0);
			isCalm(beforeTable(raw()));
		},
		timeout,
	);

	it(
		"because it is a pipe, each step is a line",
		async () => {
			const { ended, output } = startBuilt(bench, { TERM: "xterm-256color" });
			expect(await ended).toBe(0);
			isCalm(beforeTable(output()));
			expect(output()).not.toMatch(colors);
		},
		timeout,
	);
});
