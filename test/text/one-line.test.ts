import { describe, expect, it, test } from "vitest";
import { main } from "../../src/main.ts";
import { codeMarkdown, literalMarkdown, oneLine } from "../../src/text/one-line.ts";
import { aReport, around } from "../gate/a-report.ts";
import { fakeContext } from "../support/fake-context.ts";
import { rendered } from "../support/rendered.ts";

const message = "the ping pod was refused:\r\n\n    resource Pod/x was blocked\n\n# heading\n- item";
const onOneLine = "the ping pod was refused: resource Pod/x was blocked # heading - item";
const report = aReport({ minimal: { totals: around(2000, 50, 20) } });
report.findings.push({ code: "ping-refused", message });
report.profiles[0]?.findings.push({ code: "other", message: "# refused\n\n- hook", hint: "see\nthe log" });

describe("notes of several lines", () => {
	it("are one line each in the table", () => {
		const lines = rendered("table", report).split("\n");
		expect(lines).toContain(onOneLine);
		expect(lines).toContain("minimal: # refused - hook (see the log)");
	});

	it("are one bullet each in Markdown", () => {
		const lines = rendered("md", report).split("\n");
		expect(lines).toContain(`- ${onOneLine}`);
	});

	it("are one line each in every text of a judgement", async () => {
		const simulated = { model: "a\n\n::error::b\n# c", seed: 1, speed: 1 };
		const world = fakeContext({ "r.json": { ...report, simulated } }, { GITHUB_ACTIONS: "true" });
		const files = ["junit", "summary", "comment"].flatMap((name) => [`--${name}`, name]);
		await main(["check", "r.json", "--budget", "total: p(50) < 1s", ...files], world.context);
		const texts = [world.said.stdout, world.said.stderr, ...["junit", "summary", "comment"].map(textOf)];
		function textOf(name: string) {
			return world.files.get(name) ?? "";
		}
		expect(texts.filter((text) => text === "")).toEqual([]);
		expect(textOf("summary")).toContain("::error::b # c");
		expect(texts.flatMap((text) => text.split("\n")).filter((line) => /^\s*(::error::b|# c)/.test(line))).toEqual([]);
	});
});

test.each([
	["# no heading", "\\# no heading"],
	["\n  - no item", "\\- no item"],
	["+ no item", "\\+ no item"],
	["===", "\\==="],
	["---", "\\---"],
	["+212 ms", "+212 ms"],
	["12. no item", "12\\. no item"],
	["1) no item", "1\\) no item"],
	["~~~ no fence", "\\~\\~\\~ no fence"],
	["> no quote", "\\> no quote"],
	["_no_ emphasis, pod_creating", "\\_no\\_ emphasis, pod_creating"],
	["a | b <i> `c` [d] \\ *e*", "a \\| b \\<i\\> \\`c\\` \\[d\\] \\\\ \\*e\\*"],
	["1.5 s", "1.5 s"],
	["plain #1 - 2", "plain #1 - 2"],
])("%j is %s in Markdown", (text, expected) => {
	expect(literalMarkdown(text)).toBe(expected);
});

test("a name stays within its cell of code", () => {
	expect(codeMarkdown("a`b|c\nd")).toBe("`a'b\\|c d`");
	expect(oneLine(" a\t b\r\n c ")).toBe("a b c");
});
