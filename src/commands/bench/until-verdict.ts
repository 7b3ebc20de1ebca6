import { stoppedEarly } from "../../analysis/looks.ts";
import { type Settled, settledAt } from "../../gate/settled.ts";
import type { Finding } from "../../report/report.ts";
import type { Gate } from "../gate/gate.ts";
import type { Recorder } from "./recorder.ts";

/** What is judged while the run goes on, and after how many cold starts it gives up. */
export interface UntilVerdictOptions {
	gate: Pick<Gate, "budgets" | "baseline">;
	iterations: number;
}

interface Look {
	round: number;
	settled: Settled;
}

/**
 * What `bench --until verdict` asks after each round: whether the profile's verdicts are settled, so that its rounds can
 * end. It leaves a finding that says when it looked and what it saw, also where nothing was settled.
 */
export function openUntilVerdict(
	recorder: Pick<Recorder, "report" | "record">,
	{ gate: { budgets, baseline }, iterations }: UntilVerdictOptions,
): (profile: string) => boolean {
	const looks = new Map<string, Look[]>();
	return (profile) => {
		const report = recorder.report();
		const round = report.profiles.find((run) => run.profile.name === profile)?.coldStarts.at(-1)?.round;
		if (round === undefined) return false;
		const criteria = { budgets, ...(baseline !== undefined && { baseline }), acceptSimulated: true };
		const settled = settledAt(report, profile, criteria);
		const taken = looks.get(profile) ?? [];
		if (settled.look !== undefined) taken.push({ round, settled });
		looks.set(profile, taken);
		if (!settled.isSettled && round < iterations) return false;
		recorder.record({ kind: "finding", finding: settled.isSettled ? reached(taken) : missed(taken, iterations) });
		return settled.isSettled;
	};
}

function reached(looks: readonly Look[]): Finding {
	const { round, settled } = looks.at(-1) ?? {};
	const percent = Math.floor((settled?.confidence ?? 0) * 10_000) / 100;
	return {
		code: stoppedEarly,
		message: `stopped by --until verdict: after ${round} cold starts the verdict is ${settled?.status} at ${percent} % (looked at after ${roundsOf(looks)})`,
	};
}

function missed(looks: readonly Look[], iterations: number): Finding {
	const open = looks.at(-1)?.settled.verdicts.find(({ status }) => status === "inconclusive");
	const why =
		open === undefined
			? "the first look comes after 8 cold starts"
			: `${open.measure}, ${open.expected}: ${open.reason} (looked at after ${roundsOf(looks)})`;
	return {
		code: "until-missed",
		message: `--until verdict: no verdict was settled within ${iterations} cold starts: ${why}`,
		hint: "raise --iterations",
	};
}

const roundsOf = (looks: readonly Look[]) => looks.map(({ round }) => round).join(", ");
