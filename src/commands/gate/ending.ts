import { type ClusterError, type ExitCode, exitCodeFor, exitCodes, RunErrors, type UsageError } from "../../errors.ts";

/** How a run came to its end. */
export interface Ending {
	/** What ended it early. */
	failure: unknown;
	/** Judges the run and prints it; only asked where nothing ended it early. */
	judge(): Promise<ExitCode>;
	/** Results that could not be written. */
	unwritten: readonly UsageError[];
	/** What could not be measured although the run went on to its end. */
	unproven?: ClusterError | undefined;
	/** Why the cluster is still changed. */
	uncleaned: ClusterError | undefined;
}

/**
 * The exit code of a run, after everything that went wrong: a breach (99) and a verdict that cannot be had (3) stand; then
 * a cluster that is still changed, or not as promised, counts most, then whatever ended the run, then a result that could not be written.
 * @throws RunErrors in the order to print them, the one about the cluster last
 */
export async function endRun({ failure, judge, unwritten, unproven, uncleaned }: Ending): Promise<ExitCode> {
	const errors: unknown[] = [];
	let code: ExitCode = exitCodes.ok;
	try {
		if (failure !== undefined) throw failure;
		code = await judge();
	} catch (error) {
		errors.push(error);
		code = exitCodeFor(error);
	}
	errors.unshift(...unwritten);
	if (unwritten.length > 0 && code === exitCodes.ok) code = exitCodes.usage;
	for (const error of [unproven, uncleaned]) {
		if (error === undefined) continue;
		errors.push(error);
		if (code !== exitCodes.breach && code !== exitCodes.inconclusive) code = exitCodes.cluster;
	}
	if (errors.length === 0) return code;
	if (errors.length === 1 && exitCodeFor(errors[0]) === code) throw errors[0];
	throw new RunErrors(errors, code);
}
