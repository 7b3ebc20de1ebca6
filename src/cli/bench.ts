import { type Command, Option } from "commander";
import type { Where } from "../commands/bench/target.ts";
import type { Context } from "../context/context.ts";
import type { Finish } from "./finish.ts";
import { addGateOptions, type GateFlags, gateOptionsOf } from "./gate-options.ts";
import {
	addClusterOptions,
	address,
	addSourceOptions,
	type ClusterFlags,
	collect,
	count,
	durationMs,
	given,
	image,
	namespace,
	precisionMs,
	type SourceFlags,
	sourceOf,
	text,
} from "./options.ts";
import { outDescription } from "./output-options.ts";

/** The public sample that Knative's own documentation deploys. */
export const sampleImage = "ghcr.io/knative/helloworld-go:latest";
export const workloadNamespace = "knistio";

interface BenchFlags extends ClusterFlags, SourceFlags, GateFlags {
	profile: string[];
	iterations: number;
	until?: number;
	blocks: number;
	image: string;
	expectBody?: string;
	namespace: string;
	knativeManifests?: string[];
	useInstalled?: true;
	sidecar?: "native" | "classic";
	gateway?: string;
	requestTimeout?: number;
	out?: string[];
	record?: string | boolean;
	reference?: "talk";
	cluster?: "simulated";
	model: string;
	seed: number;
	speed: number;
	keep?: true;
	dryRun?: true;
}

function whereOf(flags: BenchFlags): Where {
	const { model, seed, speed, kubeconfig, context } = flags;
	if (flags.cluster === "simulated") return { kind: "simulated", model, seed, speed };
	return { kind: "real", source: sourceOf(flags), ...given({ kubeconfig, context }) };
}

const examples = `
Examples:
  # try it without a cluster: an API server in this process answers, and its delays are made up
  knistio bench --cluster simulated --profile minimal --profile full

  # what a sidecar costs, on the cluster of the current context
  knistio bench --profile minimal --profile full

  # all four of the talk, beside the talk's own figures, with everything written down
  knistio bench --profile minimal --profile no-policy --profile full-cni --profile full \\
    --reference talk --out run.json --out run.csv --out run.md

  # a cluster without Knative and without a registry
  knistio bench --profile minimal --knative-manifests knative/ --image registry.local/helloworld:1 \\
    --istio-set hub=registry.local/istio --istio-set tag=1.30.3

  # fail a pipeline (99) when a cold start gets too slow, or when nothing was measured (3)
  knistio bench --profile minimal --budget "total: p(50) < 3s" --out run.json

  # as many cold starts as it takes to know the medians to ±50 ms, but no more than 64
  knistio bench --profile minimal --profile full --until 50ms --iterations 64

  # install each profile twice, in a balanced order, so that a slow hour of the cluster falls on all alike;
  # profiles that differ only in their pods' labels and annotations share an install, and take turns
  knistio bench --profile minimal --profile full --profile my-variant-of-full.yaml --blocks 2

  # see all that would be changed, and change nothing
  knistio bench --profile full --dry-run`;

/** Declares `knistio bench`. */
export function addBench(program: Command, context: Context, finish: Finish): void {
	const command = program
		.command("bench")
		.description("install each profile, start a Knative service cold n times, print a table: the main job")
		.requiredOption(
			"-p, --profile <name|file>",
			"built-in (see `knistio profiles list`) or your own file (repeatable)",
			collect,
		)
		.option(
			"-n, --iterations <n>",
			"cold starts of each profile; the first after an install comes on top",
			count(1),
			10,
		)
		.option("--until <precision>", "end a profile early when its median is known to ±50ms, say", precisionMs)
		.option(
			"--blocks <n>",
			"install every profile n times, in a balanced order, about a minute each: what drifts then drifts for all alike",
			count(1),
			1,
		)
		.option("--image <image>", "the service under test; answers with $TARGET on $PORT", image, sampleImage)
		.option("--expect-body <text>", "what its answer must hold; default: the value that $TARGET gets", text)
		.option("--namespace <name>", "where it runs; made and removed by knistio", namespace, workloadNamespace)
		.option("-o, --out <file>", outDescription(), collect)
		.option("--record <file>", "the recording of all that happened; default: beside the first --out", text)
		.option("--no-record", "write no recording")
		.addOption(new Option("--reference <what>", "show the talk's own figures too").choices(["talk"]))
		.addOption(new Option("--sidecar <shape>", "ask for one shape of istio-proxy").choices(["native", "classic"]))
		.option("--knative-manifests <path>", "install Knative from here if it is missing (repeatable)", collect)
		.option("--use-installed", "measure the Istio that is there as it is, and install none")
		.option("--gateway <url>", "the ingress gateway's address; service-proxy: through the API server", address)
		.option(
			"--request-timeout <duration>",
			"a slower cold start fails; default: 2.5 × the first start, at least 10 s",
			durationMs,
		)
		.addOption(
			new Option("--cluster <what>", "an API server in this process instead of a real cluster").choices(["simulated"]),
		)
		.addOption(
			new Option("--model <name>", "how long things take there").choices(["today", "talk-2019"]).default("today"),
		)
		.option("--seed <n>", "of the order of blocks and rounds, and of a simulated cluster's delays", count(0), 1)
		.option("--speed <n>", "simulated seconds in a real one", count(1), 20)
		.option("--keep", "leave everything on the cluster at the end, until `clean` or the next bench without it")
		.option("--dry-run", "print what would be changed, and change nothing");
	addGateOptions(addSourceOptions(addClusterOptions(command)));
	command.addHelpText("after", examples).action(async (flags: BenchFlags) => {
		const { bench } = await import("../commands/bench/bench.ts");
		const { record, requestTimeout } = flags;
		const code = await bench(
			{
				profiles: flags.profile,
				iterations: flags.iterations,
				blocks: flags.blocks,
				seed: flags.seed,
				image: flags.image,
				namespace: flags.namespace,
				where: whereOf(flags),
				knativeManifests: flags.knativeManifests ?? [],
				useInstalled: flags.useInstalled === true,
				timeoutMs: flags.timeout,
				out: flags.out ?? [],
				...gateOptionsOf(flags),
				keep: flags.keep === true,
				dryRun: flags.dryRun === true,
				...(record === undefined || record === true ? {} : { record }),
				...(requestTimeout === undefined ? {} : { requestTimeoutSeconds: Math.ceil(requestTimeout / 1000) }),
				...given({
					untilMs: flags.until,
					expectBody: flags.expectBody,
					sidecar: flags.sidecar,
					gateway: flags.gateway,
					reference: flags.reference,
				}),
			},
			context,
		);
		finish(code);
	});
}
