import { randomBytes } from "node:crypto";
import { Command, CommanderError, Option } from "commander";
import type { JobInsideOptions } from "../commands/job-inside.ts";
import type { Context } from "../context/context.ts";
import { type ExitCode, exitCodes, UsageError } from "../errors.ts";
import { type BenchOption, outputsOf } from "../job/bench-line.ts";
import { declareBench } from "./bench.ts";
import type { Declaration } from "./declaration.ts";
import { addClusterOptions, type ClusterFlags, clusterOf } from "./options/cluster.ts";
import { sayNothing, usageErrorOf } from "./options/usage-error.ts";
import { given, image, namespace, text } from "./options/values.ts";

interface JobFlags extends ClusterFlags {
	image?: string;
	apply?: true;
	attach?: true;
	namespace: string;
	claim?: string;
	keep?: true;
	inside?: string;
	files?: string;
	into?: string;
}

const examples = `
Examples:
  # Print the manifests of a Job that measures two profiles, and change nothing
  knistio job --image registry.example.com/knistio:1 -- bench -p minimal -p full -n 10 --out run.json

  # Make the Job, follow it, write run.json here, and remove the Job
  knistio job --image registry.example.com/knistio:1 --apply -- bench -p minimal -p full -n 10 --out run.json

  # Files that the bench line names travel with it
  knistio job --image registry.example.com/knistio:1 --apply -- \\
    bench -p my-profile.yaml --budgets budgets.yaml --baseline main.json --out run.json --junit junit.xml

  # Follow a Job that is there, and fetch its report
  knistio job --attach -- bench -p minimal -p full -n 10 --out run.json`;

/** Declares `knistio job`. */
export const declareJob: Declaration = (program, context, finish) => {
	const command = program
		.command("job")
		.description("run bench as a Job in the cluster, and bring its report back")
		.argument("<bench...>", "a command line of bench, after --")
		.addOption(new Option("--image <image>", "image of knistio for the Job, with Node and istioctl").argParser(image))
		.option("--apply", "make the Job instead of printing its manifests, follow it, and remove it")
		.option("--attach", "follow a Job that is there instead of making one")
		.addOption(new Option("--namespace <name>", "namespace of the Job").argParser(namespace).default("knistio-job"))
		.option("--claim <name>", "PersistentVolumeClaim of the namespace that keeps what the run writes", text)
		.option("--keep", "leave the Job and what it needs; `knistio clean` removes them")
		.addOption(new Option("--inside <id>", "what the Job's container is called with").hideHelp())
		.addOption(new Option("--files <archive>", "with --inside: the files that came along").hideHelp())
		.addOption(new Option("--into <folder>", "with --files: where they go").hideHelp());
	addClusterOptions(command)
		.addHelpText("after", examples)
		.action(async (words: string[], flags: JobFlags) => {
			const line = parseBenchLine(words, context);
			if (flags.inside !== undefined) {
				const { jobInside } = await import("../commands/job-inside.ts");
				const options = insideOptions(flags.inside, flags, line);
				finish(await jobInside(options, context, (inner) => runBench(words, inner)));
				return;
			}
			const { job } = await import("../commands/job.ts");
			const { namespace, keep = false } = flags;
			const options = {
				...clusterOf(flags),
				line,
				mode: modeOf(flags),
				namespace,
				keep,
				id: randomBytes(4).toString("hex"),
				...given({ image: flags.image, claim: flags.claim }),
			};
			finish(await job(options, context));
		});
};

function modeOf({ apply, attach }: JobFlags): "print" | "apply" | "attach" {
	if (apply && attach) {
		throw new UsageError("--apply makes a Job, and --attach follows one that is there", { hint: "give one of them" });
	}
	return apply ? "apply" : attach ? "attach" : "print";
}

/** `bench` with its options, of which `onOption` is told each as it is given. */
function benchProgram(context: Context, finish: (code: ExitCode) => void): { program: Command; bench: Command } {
	const program = new Command("knistio")
		.configureOutput({ writeOut: context.stdout, writeErr: context.stderr, ...sayNothing })
		.showSuggestionAfterError()
		.exitOverride();
	declareBench(program, context, finish);
	return { program, bench: program.commands[0] as Command };
}

/** The options of a bench line in their order, checked as bench checks them. @throws UsageError, CommanderError */
export function parseBenchLine(words: readonly string[], context: Context): BenchOption[] {
	if (words[0] !== "bench") {
		throw new UsageError(`knistio job runs \`bench\`, and not "${words[0]}"`, {
			hint: "such as `knistio job --image … -- bench -p minimal --out run.json`",
		});
	}
	const line: BenchOption[] = [];
	const { program, bench } = benchProgram(context, () => {});
	for (const option of bench.options) {
		const flag = option.long ?? option.flags;
		bench.on(`option:${option.name()}`, (value?: string | null) => {
			line.push(value === undefined || value === null ? { flag } : { flag, value });
		});
	}
	bench.action(() => {});
	try {
		program.parse([...words], { from: "user" });
	} catch (error) {
		throw asUsageError(error, program, words);
	}
	return line;
}

async function runBench(words: readonly string[], context: Context): Promise<ExitCode> {
	let code: ExitCode = exitCodes.ok;
	const { program } = benchProgram(context, (result) => {
		code = result;
	});
	try {
		await program.parseAsync([...words], { from: "user" });
		return code;
	} catch (error) {
		throw asUsageError(error, program, words);
	}
}

/** Commander's refusal in the words of every other error; anything else as it is. */
const asUsageError = (error: unknown, program: Command, words: readonly string[]): unknown =>
	error instanceof CommanderError ? (usageErrorOf(error, program, words) ?? error) : error;

function insideOptions(id: string, { files, into }: JobFlags, line: readonly BenchOption[]): JobInsideOptions {
	const outputs = outputsOf(line).map(({ name }) => name);
	return { id, outputs, ...(files === undefined || into === undefined ? {} : { files: { archive: files, into } }) };
}
