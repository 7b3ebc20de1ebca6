import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openProgress } from "../../../src/output/progress.ts";
import type { ColdStartView } from "../../../src/progress.ts";
import { openTerminal } from "../../support/screen.ts";

const view: ColdStartView = {
	title: "full: cold start 3 of 10",
	elapsedMs: 2_440,
	usualMs: 5_210,
	leftMs: 200_000,
	containers: [
		{ name: "istio-init", state: "done", sinceMs: 610 },
		{ name: "istio-proxy", state: "running", sinceMs: 930 },
		{ name: "queue-proxy", state: "waiting" },
		{ name: "user-container", state: "waiting" },
	],
	waiting: {
		phase: "startup-istio-proxy",
		until: "the sidecar's startup probe has passed",
		forMs: 900,
		usualMs: 1_340,
	},
};

function open(columns: number, { rows = 24, color = false } = {}) {
	const terminal = openTerminal(columns, rows);
	let raw = "";
	const stderr = (text: string) => {
		raw += text;
		terminal.write(text);
	};
	const display = openProgress({ stderr, terminal: { ...terminal, color } });
	return { terminal, ...display, raw: () => raw };
}

/** Shows a cold start. */
function watching(columns: number, shown: () => ColdStartView | undefined = () => view) {
	const opened = open(columns);
	opened.progress({ kind: "step", text: "full: cold start 3 of 10" });
	opened.progress({ kind: "watch", look: shown });
	return opened;
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }));
afterEach(() => void vi.useRealTimers());

describe("a cold start on a terminal", () => {
	it("is three lines at 80 columns", async () => {
		const { terminal } = watching(80);
		expect(await terminal.text()).toEqual([
			"full: cold start 3 of 10 · 2.4 s · usually 5.2 s · about 3 min 20 s left",
			"  ✔ istio-init 0.6 s  ◐ istio-proxy 0.9 s  ○ queue-proxy  ○ user-container",
			"  startup-istio-proxy 0.9 s · usually 1.3 s",
		]);
	});

	it("says more where there is room, and breaks between parts where there is not", async () => {
		expect((await watching(160).terminal.text())[2]).toBe(
			"  startup-istio-proxy 0.9 s · usually 1.3 s · until the sidecar's startup probe has passed",
		);
		expect(await watching(40).terminal.text()).toEqual([
			"full: cold start 3 of 10 · 2.4 s",
			"usually 5.2 s · about 3 min 20 s left",
			"  ✔ istio-init 0.6 s",
			"  ◐ istio-proxy 0.9 s  ○ queue-proxy",
			"  ○ user-container",
			"  startup-istio-proxy 0.9 s",
			"  usually 1.3 s",
		]);
	});

	it("is drawn over as it goes on, and leaves nothing", async () => {
		let elapsedMs = 100;
		const { terminal, clear } = watching(80, () => ({ ...view, elapsedMs }));
		for (; elapsedMs < 3_000; elapsedMs += 200) vi.advanceTimersByTime(200);
		const text = await terminal.text();
		expect(text).toHaveLength(3);
		expect(text[0]).toContain("· 2.9 s ·");
		clear();
		vi.advanceTimersByTime(1_000);
		expect(await terminal.text()).toEqual([""]);
	});

	it("shows what holds the pod up, and shrinks when that is over", async () => {
		let trouble: string | undefined = "user-container: ImagePullBackOff: \u001b[2J\nno such image";
		const { terminal } = watching(80, () => ({ ...view, ...(trouble === undefined ? {} : { trouble }) }));
		expect((await terminal.text())[3]).toBe("  user-container: ImagePullBackOff: \\u001b[2J no such image");
		trouble = undefined;
		vi.advanceTimersByTime(200);
		expect(await terminal.text()).toHaveLength(3);
	});

	it("is the step's words while there is nothing to see yet", async () => {
		const { terminal } = watching(80, () => undefined);
		expect(await terminal.text()).toEqual(["full: cold start 3 of 10"]);
	});

	it("stays below the lines that stay", async () => {
		const { terminal, progress } = watching(80);
		progress({ kind: "note", text: "full: cold start 3 of 10: HTTP 200, 5.123 s" });
		progress({ kind: "finding", finding: { code: "no-ping", message: "the lag is not measured" } });
		const text = await terminal.text();
		expect(text.slice(0, 2)).toEqual([
			"full: cold start 3 of 10: HTTP 200, 5.123 s",
			"warning: the lag is not measured",
		]);
		expect(text).toHaveLength(5);
	});

	it.each([
		[160, 80],
		[80, 40],
		[80, 23],
		[40, 160],
		[80, 81],
	])("leaves no rest when the terminal goes from %d to %d columns", async (from, to) => {
		const { terminal, progress, clear } = watching(from);
		progress({ kind: "note", text: "a line that stays" });
		await terminal.resize(to);
		const expected = await watching(to).terminal.text();
		expect(await terminal.text()).toEqual(["a line that stays", ...expected]);
		clear();
		expect(await terminal.text()).toEqual(["a line that stays"]);
	});

	it("has colours only where they are wanted, and never hides the cursor", () => {
		for (const color of [true, false]) {
			const { progress, raw } = open(80, { color });
			progress({ kind: "step", text: "full" });
			progress({ kind: "watch", look: () => view });
			expect(raw().includes("\u001b[32m")).toBe(color);
			expect(raw()).not.toContain("\u001b[?25l");
		}
	});
});

describe("another step on a terminal", () => {
	it("is one line with what it waits for and how long, cut to the terminal", async () => {
		const { terminal, progress } = open(40);
		progress({ kind: "step", text: "installing full" });
		progress({ kind: "detail", text: "Deployment a/b: 0 of 1" });
		expect(await terminal.text()).toEqual(["installing full · Deployment a/b: 0 of…"]);
		progress({ kind: "detail", text: "Pod b" });
		vi.advanceTimersByTime(12_000);
		expect(await terminal.text()).toEqual(["installing full · Pod b · 12 s"]);
		progress({ kind: "step", text: "proving full" });
		expect(await terminal.text()).toEqual(["proving full"]);
	});

	it("ends what was watched", async () => {
		const { terminal, progress } = watching(80);
		progress({ kind: "step", text: "removing the service under test" });
		vi.advanceTimersByTime(400);
		expect(await terminal.text()).toEqual(["removing the service under test"]);
	});
});

describe("where there is no terminal", () => {
	it("each step is a line, without details or commands to a terminal", () => {
		const said: string[] = [];
		const { progress, clear } = openProgress({ stderr: (text) => void said.push(text) });
		progress({ kind: "step", text: "full: cold start 3 of 10" });
		progress({ kind: "detail", text: "a detail" });
		progress({ kind: "watch", look: () => view });
		vi.advanceTimersByTime(5_000);
		progress({ kind: "note", text: "HTTP 200" });
		clear();
		expect(said.join("")).toBe("full: cold start 3 of 10\nHTTP 200\n");
	});
});
