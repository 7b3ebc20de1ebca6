import { expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { main } from "../../src/main.ts";
import { silentContext } from "../support/silent-context.ts";

async function run(stdoutFailure?: Error, stderrFailure?: Error) {
	const events: string[] = [];
	const code = await main(["phases"], {
		...silentContext(),
		stderr: (text) => void events.push(text),
		flush: async (stream) => {
			events.push(`flush ${stream}`);
			const failure = stream === "stdout" ? stdoutFailure : stderrFailure;
			if (failure !== undefined) throw failure;
		},
	});
	return { code, events };
}

it("ends when both streams are written, the messages last", async () => {
	expect(await run()).toEqual({ code: 0, events: ["flush stdout", "flush stderr"] });
});

it("writes why stdout could not be written before it ends", async () => {
	const { code, events } = await run(new UsageError("cannot write to stdout: the disk is full"));
	expect(code).toBe(2);
	expect(events).toEqual(["flush stdout", "error: cannot write to stdout: the disk is full\n", "flush stderr"]);
});

it("keeps its exit code where messages cannot be written", async () => {
	expect(await run(undefined, new UsageError("cannot write to stderr: the disk is full"))).toMatchObject({ code: 0 });
});
