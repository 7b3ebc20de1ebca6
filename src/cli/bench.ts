import { type Command, Option } from "commander";
import type { BenchOptions } from "../commands/bench/options.ts";
import type { Where } from "../commands/bench/target.ts";
import type { Declaration } from "./declaration.ts";
import { installedService, requireNoChange } from "./options/as-found.ts";
import { addClusterOptions, type ClusterFlags, dryRunOption } from "./options/cluster.ts";
import { addGateOptions, type GateFlags, gateOptionsOf } from "./options/gate.ts";
import { addOutputOptions, type OutputFlags, renderOptionsOf } from "./options/output.ts";
import { addRequestOptions, type RequestFlags, requestOptionsOf } from "./options/request.ts";
import { clusterKindOption, modelOption, speedOption } from "./options/simulation.ts";
import { addSourceOptions, knativeManifestsOption, type SourceFlags, sourceOf } from "./options/source.ts";
import {
	address,
	collect,
	count,
	counts,
	durationMs,
	given,
	names,
	precisionOrVerdict,
	text,
	tracesWhere,
} from "./options/values.ts";
import { imageOption, namespaceOption } from "./options/workload.ts";

interface BenchFlags extends ClusterFlags, SourceFlags, OutputFlags, GateFlags, RequestFlags {
	profile?: string[];
	variants?: string[];
	iterations: number;
	until?: number | "verdict";
	blocks: number;
	image: string;
	service?: string;
	namespace: string;
	knativeManifests?: string[];
	useInstalled?: true;
	sidecar?: "native" | "classic";
	gateway?: string;
	requestTimeout?: number;
	copies?: number;
	pull?: true;
	burst?: number[];
	crowd?: number[];
	tradeoffs?: true;
	record?: string | boolean;
	traces?: string;
	cluster?: "simulated";
	model: string;
	seed: number;
	speed: number;
	keep?: true;
	dryRun?: true;
}

const examples = `
Examples:
  # Try knistio without a cluster: a simulated API server in this process answers with invented delays
  knistio bench --cluster simulated --profile minimal --profile full

  # Measure what a sidecar costs, on the cluster of the current context
  knistio bench --profile minimal --profile full

  # Measure the four setups of the talk, show the talk's figures too, and save everything
  knistio bench --profile minimal --profile no-policy --profile full-cni --profile full \\
    --reference talk --out run.json --out run.csv --out run.md

  # What would help? Turn each knob that full has, and see the milliseconds that it saves, and its price
  knistio bench --profile full --variants all --out run.json --out knobs.svg
  knistio bench --profile full --variants classic,hold,./my-variant.yaml

  # Use a cluster that has no Knative and cannot reach a public registry
  knistio bench --profile minimal --knative-manifests knative/ --image registry.local/helloworld:1 \\
    --istio-set hub=registry.local/istio --istio-set tag=1.30.3

  # Measure a service of your own: the changes that measuring needs are printed first
  knistio bench --profile minimal --profile full --service shop.yaml --namespace shop \\
    --request "POST /v1/orders" --header "Content-Type: application/json" --body @order.json \\
    --expect-status 201 --expect-body accepted

  # Measure a service that is there, as it is: nothing is deployed or changed
  knistio bench --service ksvc/shop --namespace shop --use-installed -n 5 --out run.json

  # Fail a pipeline if a cold start is too slow (exit code 99) or nothing was measured (3)
  knistio bench --profile minimal --budget "total: p(50) < 3s" --out run.json

  # Stop when the medians are known to ±50 ms, after at most 64 cold starts
  knistio bench --profile minimal --profile full --until 50ms --iterations 64

  # Measure until the budget is surely kept or breached, with 64 cold starts at most
  knistio bench --profile full --budget "total: p(50) < 6s" --until verdict --iterations 64

  # Install each profile twice, in a balanced order, so that a slow hour of the cluster affects all
  # profiles alike; profiles that differ only in their pods' labels and annotations share an install
  knistio bench --profile minimal --profile full --profile my-variant-of-full.yaml --blocks 2

  # Ask 5 and then 25 services in the same instant, as on a Monday morning
  knistio bench --profile minimal --profile full --burst 5,25

  # See whether 500 idle services make a cold start slower
  knistio bench --profile full --crowd 100,500

  # Take a cold start apart to the microsecond, by the traces that the cluster sends of itself
  knistio bench --profile minimal --profile full --traces http://jaeger.example.com:16686

  # The talk's table beside the cold starts: what each profile costs and gives, in the same visit
  knistio bench --profile minimal --profile no-policy --profile full-cni --profile full \\
    --tradeoffs --out run.json --out run.html

  # Print everything that would be changed, and change nothing
  knistio bench --profile full --dry-run`;

/** Declares `knistio bench`. */
export const declareBench: Declaration = (program, context, finish) => {
	const command = program
		.command("bench")
		.description("measure the cold starts of a Knative service with each profile, and print a table");
	addMeasuringOptions(command).option(
		"--tradeoffs",
		"also observe what each profile costs and gives, by the probes of `knistio tradeoffs`, after its cold starts",
	);
	addServiceOptions(command);
	addOutputOptions(command)
		.option("--record <file>", "save the recording of all events to this file (default: beside the first --out)", text)
		.option("--no-record", "do not save a recording")
		.option(
			"--traces <url|file>",
			"also ask for the traces that kubelet, container runtime and API server send themselves: a Jaeger or Tempo query " +
				"address, or a file of OTLP JSON (with --cluster simulated also: simulated); they take a cold start apart into " +
				"finer phases",
			tracesWhere,
		);
	addSimulationOptions(command)
		.option("--keep", "leave everything on the cluster, until `knistio clean` or the next bench without --keep")
		.addOption(dryRunOption());
	addGateOptions(addSourceOptions(addClusterOptions(command)));
	// What is there already has its own Istio.
	const profile = command.options.find(({ long }) => long === "--profile");
	command.on("option:service", (value: string) => profile?.makeOptionMandatory(!value.startsWith("ksvc/")));
	command.addHelpText("after", examples).action(async (flags: BenchFlags) => {
		const installed = installedService(flags.service);
		if (installed === undefined) {
			const { bench } = await import("../commands/bench/bench.ts");
			return finish(await bench(benchOptionsOf(flags), context));
		}
		requireNoChange(command);
		// It names what is there, and no file to read.
		const { service: _, ...others } = flags;
		const { benchAsFound } = await import("../commands/bench/as-found.ts");
		finish(await benchAsFound({ ...benchOptionsOf(others), installed }, context));
	});
};

function addMeasuringOptions(command: Command): Command {
	return command
		.requiredOption(
			"-p, --profile <name|file>",
			"profile to measure: a built-in one (see `knistio profiles list`) or a file of your own (repeatable)",
			collect,
		)
		.option(
			"--variants <all|names>",
			"measure variants too, each with one knob turned, and tell what each buys: all built-in ones of the profiles, " +
				"or names and files with commas between",
			names,
		)
		.option(
			"-n, --iterations <n>",
			"cold starts per profile; the warm-up start after each install is not counted",
			count(1),
			10,
		)
		.option(
			"--until <precision|verdict>",
			"stop a profile early when its median is known to this precision, such as 50ms, or when its verdicts are " +
				"settled; --iterations is the limit",
			precisionOrVerdict,
		)
		.option(
			"--blocks <n>",
			"install each profile this many times, in a balanced order, so that changes of the cluster over time " +
				"affect all profiles alike; an install takes about a minute",
			count(1),
			1,
		)
		.option(
			"--copies <n>",
			"measure this many equal services in rotation, so that one is started while the others go to zero; 1 waits " +
				"for zero after each cold start (default: as many as it takes)",
			count(1),
		)
		.option(
			"--pull",
			"also measure the first start of each profile on a node that does not have its images, the pull included",
		)
		.option(
			"--burst <sizes>",
			"also ask so many services in the same instant, such as 5,25, and print a table by their number",
			counts(1),
		)
		.option(
			"--crowd <sizes>",
			"also measure while so many idle services are there, such as 100,500, and print what each 100 of them cost",
			counts(0),
		)
		.option(
			"--request-timeout <duration>",
			"count a cold start as failed after this time (default: 2.5 × the first start, at least 10s)",
			durationMs,
		);
}

function addServiceOptions(command: Command): Command {
	command
		.addOption(imageOption("image of the service to start; it must listen on $PORT and answer with $TARGET"))
		.option(
			"--service <file|ksvc/name>",
			"measure your own Knative service: from its manifest, what must be changed for it is printed; or, with " +
				"--use-installed, one that is there, as it is",
			text,
		);
	return addRequestOptions(command)
		.addOption(namespaceOption("namespace of the service; knistio creates and removes it"))
		.addOption(new Option("--sidecar <shape>", "request this kind of istio-proxy").choices(["native", "classic"]))
		.addOption(knativeManifestsOption())
		.option("--use-installed", "measure the Istio that is already installed, and install nothing")
		.option(
			"--gateway <url>",
			"address of the ingress gateway, or service-proxy to send requests through the API server",
			address,
		);
}

function addSimulationOptions(command: Command): Command {
	return command
		.addOption(clusterKindOption())
		.addOption(modelOption())
		.option(
			"--seed <n>",
			"seed of the order of installs and cold starts, and of the delays of the simulated cluster",
			count(0),
			1,
		)
		.addOption(speedOption(20));
}

function benchOptionsOf(flags: BenchFlags): BenchOptions {
	const { record, requestTimeout, service, sidecar, gateway, otlp } = flags;
	return {
		profiles: flags.profile ?? [],
		variants: flags.variants ?? [],
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
		...untilOf(flags.until),
		render: renderOptionsOf(flags),
		...requestOptionsOf(flags),
		...given({
			service,
			sidecar,
			gateway,
			otlp,
			traces: flags.traces,
			copies: flags.copies,
			pull: flags.pull,
			burst: flags.burst,
			crowd: flags.crowd,
			tradeoffs: flags.tradeoffs,
		}),
	};
}

function whereOf(flags: BenchFlags): Where {
	const { model, seed, speed, kubeconfig, context } = flags;
	if (flags.cluster === "simulated") return { kind: "simulated", model, seed, speed, ...simulatedTraces(flags) };
	return { kind: "real", source: sourceOf(flags), ...given({ kubeconfig, context }) };
}

const simulatedTraces = ({ traces }: BenchFlags) => (traces === "simulated" ? { traces: true } : {});

function untilOf(until: number | "verdict" | undefined): { untilMs?: number; untilVerdict?: boolean } {
	if (until === "verdict") return { untilVerdict: true };
	return given({ untilMs: until });
}
