import { ClusterError, type ExitCode, exitCodes } from "../errors.ts";
import type { Output } from "./bench-line.ts";
import type { JobEnd } from "./follower.ts";

/** What a Job's end means for whoever asked for the run. */
export interface JobOutcome {
	/** What bench ended with; 4 where that is not known. */
	code: ExitCode;
	/** The files that came back whole. */
	files: { path: string; content: Buffer }[];
	/** What is wrong, for the user, and never followed by a pass. */
	problems: ClusterError[];
}

const known: readonly number[] = Object.values(exitCodes);
const isKnown = (code: number | undefined): code is ExitCode => code !== undefined && known.includes(code);

/** After one of these bench has measured, and its files must be there. */
const measured: readonly ExitCode[] = [exitCodes.ok, exitCodes.inconclusive, exitCodes.breach];

/** Judges how a Job ended: a report that is missing or came in part is an error, whatever bench said. */
export function outcomeOf(end: JobEnd, outputs: readonly Output[]): JobOutcome {
	const { log, exitCode, reason } = end;
	const said = exitCode ?? log.end?.code;
	const problems: ClusterError[] = [];
	if (log.version === undefined && log.end === undefined) problems.push(notKnistio(end));
	else if (log.end === undefined) problems.push(brokenOff(end));
	if (!isKnown(said)) {
		const how = said === undefined ? (reason ?? "nothing is known of it") : `exit code ${said}${because(reason)}`;
		problems.push(
			new ClusterError(`the run in the Job was ended from outside: ${how}`, {
				hint: "`knistio clean` removes what it may have left on the cluster",
			}),
		);
	}
	const code = isKnown(said) ? said : exitCodes.cluster;
	const files: JobOutcome["files"] = [];
	for (const { name, path } of outputs) {
		const content = log.files.get(name);
		if (content !== undefined) files.push({ path, content });
		else if (measured.includes(code)) problems.push(lost(end, name, path));
	}
	return { code, files, problems };
}

const because = (reason: string | undefined) => (reason === undefined ? "" : ` (${reason})`);

function notKnistio({ exitCode }: JobEnd): ClusterError {
	const code = exitCode === undefined ? "" : `; it ended with ${exitCode}`;
	return new ClusterError(`the Job's log is not that of a knistio that knows Jobs${code}`, {
		hint: "give an --image whose entrypoint is this version of knistio",
	});
}

function brokenOff({ reason }: JobEnd): ClusterError {
	return new ClusterError(`the Job's log broke off before its end${because(reason)}: the report is not complete`, {
		hint: "measure again; with --claim a volume keeps what the run has written until then",
	});
}

function lost({ log }: JobEnd, name: string, path: string): ClusterError {
	const left = log.end?.left.find((each) => each.name === name)?.reason;
	const why = log.damaged.includes(name) ? "it came damaged" : (left ?? "it is not in the Job's log");
	return new ClusterError(`${path} did not come back from the Job: ${why}`, {
		hint: "with --claim a volume keeps what the run writes; a recording is the largest, and --no-record leaves it out",
	});
}
