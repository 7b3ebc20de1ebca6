import { describe, expect, it } from "vitest";
import type { JobEnd } from "../../src/job/follower.ts";
import { outcomeOf } from "../../src/job/outcome.ts";

const outputs = [{ name: "run.json", path: "out/run.json" }];
const files = new Map([["run.json", Buffer.from("{}")]]);

function ended(exitCode: number | undefined, log: Partial<JobEnd["log"]> = {}, reason?: string): JobEnd {
	const code = exitCode === undefined ? {} : { exitCode };
	const whole = { version: "1.2.3", files, damaged: [], end: { code: exitCode ?? 0, left: [] }, ...log };
	return { ...code, ...(reason === undefined ? {} : { reason }), log: whole };
}

describe("a Job's end", () => {
	it.each([0, 1, 2, 3, 4, 99, 130, 143])("is what bench ended with: %d", (code) => {
		const outcome = outcomeOf(ended(code), outputs);
		expect(outcome).toMatchObject({ code, problems: [], files: [{ path: "out/run.json" }] });
	});

	it("is known from the log where the pod is gone", () => {
		expect(outcomeOf(ended(undefined, { end: { code: 143, left: [] } }), outputs)).toMatchObject({ code: 143 });
	});

	it.each([0, 3, 99])("after %d has a problem if a file did not come", (code) => {
		const { problems } = outcomeOf(ended(code, { files: new Map() }), outputs);
		expect(problems.map(({ message }) => message)).toEqual([
			"out/run.json did not come back from the Job: it is not in the Job's log",
		]);
	});

	it("says why a file did not come", () => {
		const none = { files: new Map<string, Buffer>() };
		const left = [{ name: "run.json", reason: "it takes 9 MiB" }];
		const why = (log: Partial<JobEnd["log"]>) => outcomeOf(ended(0, { ...none, ...log }), outputs).problems[0]?.message;
		expect(why({ end: { code: 0, left } })).toContain("it takes 9 MiB");
		expect(why({ damaged: ["run.json"] })).toContain("it came damaged");
	});

	it.each([2, 4, 143])("after %d needs no file, for bench may not have begun to measure", (code) => {
		expect(outcomeOf(ended(code, { files: new Map() }), outputs).problems).toEqual([]);
	});

	it("is a problem where the log broke off, whatever the exit code says", () => {
		const { problems } = outcomeOf(ended(0, { end: undefined }), outputs);
		expect(problems[0]?.message).toContain("the Job's log broke off before its end");
	});

	it("is 4 where the container was killed, or nothing is known", () => {
		const killed = outcomeOf(ended(137, { end: undefined }, "OOMKilled"), outputs);
		expect(killed.code).toBe(4);
		expect(killed.problems.at(-1)?.message).toContain("exit code 137 (OOMKilled)");
		const gone = outcomeOf(ended(undefined, { end: undefined }, "its pod is gone"), outputs);
		expect(gone.problems.at(-1)?.message).toContain("its pod is gone");
		expect(gone.code).toBe(4);
	});
});
