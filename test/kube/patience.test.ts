import { expect, it } from "vitest";
import { ApiError } from "../../src/kube/http/api-error.ts";
import { patiently } from "../../src/kube/wait/patience.ts";
import { newTask } from "../../src/kube/wait/task.ts";
import { fakeCluster, jumpingClock } from "../support/fake-cluster.ts";
import { sessionOn } from "../support/session.ts";

it.each([409, 429, 503, 504])("a change that is refused with %d is made again", async (status) => {
	const task = newTask(sessionOn(fakeCluster(), { clock: jumpingClock(), timeoutMs: 10_000 }));
	let refusals = 2;
	const change = async () => {
		if (refusals-- > 0) throw new ApiError("not now", { status });
		return "made";
	};
	expect(await patiently(task, "it", change)).toBe("made");
	expect(refusals).toBe(-1);
});
