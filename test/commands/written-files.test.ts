import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toldOn, type Writing, writeFiles } from "../../src/commands/gate/sink.ts";
import { UsageError } from "../../src/errors.ts";
import { aReport, around } from "../gate/a-report.ts";
import { knistio } from "../support/command-line.ts";
import { fakeContext } from "../support/fake-context.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const files = ["a.json", "b.csv", "c.md"].map((file) => ({ file, content: () => `of ${file}` }));

describe("files that are written", () => {
	it("are told of in one line, in their order", async () => {
		const { context, files: there, said } = fakeContext();
		expect(await writeFiles(files, { ...toldOn(context), before: ["r.ndjson"] })).toEqual([]);
		expect([...there]).toEqual(files.map(({ file, content }) => [file, content()]));
		expect(said).toEqual({ stdout: "", stderr: "wrote r.ndjson, a.json, b.csv, c.md\n" });
	});

	it("are not told of where they could not be written, and the others are", async () => {
		const told: string[] = [];
		const failure = new UsageError("cannot write b.csv");
		const writing: Writing = {
			writeFile: async (path) => {
				if (path === "b.csv") throw failure;
			},
			tell: (text) => told.push(text),
		};
		expect(await writeFiles(files, writing)).toEqual([failure]);
		expect(told).toEqual(["wrote a.json, c.md"]);
		await writeFiles(files.slice(1, 2), writing);
		expect(told).toHaveLength(1);
	});

	it("leave stdout to the result", async () => {
		const folder = temporaryFolder();
		const at = (name: string) => join(folder, name);
		writeFileSync(at("a.json"), JSON.stringify(aReport({ minimal: { totals: around(2000, 50, 20) } })));
		const judged = await knistio([
			"check",
			at("a.json"),
			"--budget",
			"total: p(50) < 3s",
			"--format",
			"json",
			"--junit",
			at("j.xml"),
		]);
		expect(judged).toMatchObject({ code: 0, stderr: `wrote ${at("j.xml")}\n` });
		JSON.parse(judged.stdout);
		const compared = await knistio(["compare", at("a.json"), "--out", at("c.html")]);
		expect(compared).toMatchObject({ code: 0, stdout: "", stderr: `wrote ${at("c.html")}\n` });
	});
});
