import { basename } from "node:path";
import { UsageError } from "../errors.ts";
import { recordingBeside } from "../recording/recording-path.ts";

/** One option of a bench command line, as it was given. */
export interface BenchOption {
	/** Its long name, such as `--out`. */
	flag: string;
	/** Undefined for an option without a value. */
	value?: string;
}

/**
 * What the value of an option of `bench` means for a Job. `profile`: files and built-in names, with commas between where
 * there are several. `service`: a file, or `ksvc/` and the name of one that is there. `file`, `manifests` (a
 * file or a folder) and `report` (which may be missing): read here and sent along. `output`: written in the Job and brought
 * back. `body`: a text, or a file after an @. `image`: a program or folder of the Job's image. `backend`: an
 * address that the Job reaches; a file would not be there. `ours`: says which cluster, which is the one that the Job is in.
 */
export type Role =
	| "profile"
	| "service"
	| "file"
	| "body"
	| "manifests"
	| "report"
	| "output"
	| "image"
	| "backend"
	| "ours";

/** The options that name a place. All others travel as they are. */
export const roles: Readonly<Record<string, Role>> = {
	"--profile": "profile",
	"--variants": "profile",
	"--budgets": "file",
	"--baseline": "report",
	"--istio-overlay": "file",
	"--service": "service",
	"--body": "body",
	"--istio-manifests": "manifests",
	"--knative-manifests": "manifests",
	"--out": "output",
	"--record": "output",
	"--junit": "output",
	"--summary": "output",
	"--comment": "output",
	"--github-action-benchmark": "output",
	"--bencher": "output",
	"--istioctl": "image",
	"--helm": "image",
	"--helm-charts": "image",
	"--traces": "backend",
	"--kubeconfig": "ours",
	"--context": "ours",
};

/** A file that the run writes. */
export interface Output {
	/** Its name in the Job's working folder. */
	name: string;
	/** Where the user wants it. */
	path: string;
}

/**
 * The line with a recording that is named, where bench would choose its name by that of the first report.
 * @throws UsageError for an option that says which cluster to measure, and for a file that grows here during the run
 */
export function completeLine(line: readonly BenchOption[]): BenchOption[] {
	for (const { flag, value = "" } of line) {
		if (roles[flag] === "backend" && !/^https?:\/\//.test(value)) throw notReached(flag, value);
		if (roles[flag] !== "ours") continue;
		throw new UsageError(
			`${flag} is for the Job here, and not for the bench inside: it measures the cluster it is in`,
			{
				hint: `write ${flag} before the --, as in \`knistio job ${flag} … -- bench …\``,
			},
		);
	}
	const has = (flag: string) => line.some((option) => option.flag === flag);
	const out = line.find(({ flag }) => flag === "--out")?.value;
	if (out === undefined || has("--record") || has("--no-record")) return [...line];
	return [...line, { flag: "--record", value: recordingBeside(out) }];
}

const notReached = (flag: string, value: string) =>
	new UsageError(`${flag} ${value}: a file that is written here during the run cannot be read in the Job`, {
		hint: "give the address of Jaeger or Tempo as a pod reaches it, such as http://jaeger.observability:16686",
	});

/**
 * The files that a line writes, each with a name of its own in the Job. The ends of names stay: they choose the format.
 * @param line a complete one
 */
export function outputsOf(line: readonly BenchOption[]): Output[] {
	const outputs: Output[] = [];
	for (const { flag, value } of line) {
		if (roles[flag] !== "output" || value === undefined) continue;
		const plain = basename(value);
		const isTaken = outputs.some(({ name }) => name === plain);
		outputs.push({ name: isTaken ? `${outputs.length}-${plain}` : plain, path: value });
	}
	return outputs;
}

/** The words of a line. Values are joined to their options, so that none of them is taken for an option itself. */
export function wordsOf(line: readonly BenchOption[]): string[] {
	return line.map(({ flag, value }) => (value === undefined ? flag : `${flag}=${value}`));
}

/** Whether the value of `--profile` is a file's path and no built-in name, as `bench` tells them apart. */
export const isProfileFile = (value: string): boolean => value.includes("/") || /\.ya?ml$/.test(value);

/** The line with the names that its outputs have in the Job. @param line a complete one */
export function withNamesInJob(line: readonly BenchOption[]): BenchOption[] {
	const names = outputsOf(line).map(({ name }) => name);
	return line.map((option) => {
		const isOutput = roles[option.flag] === "output" && option.value !== undefined;
		const name = isOutput ? names.shift() : undefined;
		return name === undefined ? option : { flag: option.flag, value: name };
	});
}
