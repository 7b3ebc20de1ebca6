import type { TradeoffOptions } from "../commands/tradeoffs.ts";
import type { Declaration } from "./declaration.ts";
import { addClusterOptions, type ClusterFlags } from "./options/cluster.ts";
import { addTradeoffOutputOptions } from "./options/output.ts";
import { clusterKindOption, modelOption, speedOption } from "./options/simulation.ts";
import { addSourceOptions, knativeManifestsOption, type SourceFlags, sourceOf } from "./options/source.ts";
import { address, collect, count, given, text, tracesUrl } from "./options/values.ts";
import { imageOption, namespaceOption } from "./options/workload.ts";

interface TradeoffFlags extends ClusterFlags, SourceFlags {
	profile: string[];
	report?: string;
	only?: string[];
	namespace: string;
	image: string;
	knativeManifests?: string[];
	gateway?: string;
	traces?: string;
	cluster?: "simulated";
	model: string;
	seed: number;
	speed: number;
	format: string;
	out?: string[];
}

const examples = `
Examples:
  # Try it without a cluster
  knistio tradeoffs --cluster simulated --profile minimal --profile full

  # The table of the talk, observed on this cluster, with the cold starts of an earlier run
  knistio tradeoffs --profile minimal --profile no-policy --profile full-cni --profile full \\
    --report run.json --out run.json --out tradeoffs.md

  # Only whether plain text is refused and policies are enforced
  knistio tradeoffs --profile full --only mtls,policy`;

/** Declares `knistio tradeoffs`. */
export const declareTradeoffs: Declaration = (program, context, finish) => {
	const command = program
		.command("tradeoffs")
		.description("observe what each profile costs and gives, by probes, as the table of the talk")
		.requiredOption(
			"-p, --profile <name|file>",
			"profile to look at: a built-in one or a file of your own (repeatable)",
			collect,
		)
		.option("--report <report>", "report of a run on this cluster: its cold starts are one of the costs", text)
		.option("--only <names>", "look only for these costs and benefits, such as mtls,policy (repeatable)", collect)
		.addOption(namespaceOption("namespace of the service; knistio creates and removes it"))
		.addOption(imageOption("image of the service, and of the external authorizer; it must answer with $TARGET"))
		.addOption(knativeManifestsOption())
		.option(
			"--gateway <url>",
			"address of the ingress gateway, or service-proxy to send requests through the API server",
			address,
		)
		.option(
			"--traces <url>",
			"query API of the Jaeger that gets Istio's and Knative's spans, for the request trace",
			tracesUrl,
		)
		.addOption(clusterKindOption())
		.addOption(modelOption())
		.option("--seed <n>", "seed of the delays of the simulated cluster", count(0), 1)
		.addOption(speedOption(20));
	addSourceOptions(addClusterOptions(addTradeoffOutputOptions(command)))
		.addHelpText("after", examples)
		.action(async (flags: TradeoffFlags) => {
			const { tradeoffs } = await import("../commands/tradeoffs.ts");
			finish(await tradeoffs(tradeoffOptionsOf(flags), context));
		});
};

function tradeoffOptionsOf(flags: TradeoffFlags): TradeoffOptions {
	const { model, seed, speed, kubeconfig, context, report, gateway, traces } = flags;
	return {
		profiles: flags.profile,
		where:
			flags.cluster === "simulated"
				? { kind: "simulated", model, seed, speed }
				: { kind: "real", source: sourceOf(flags), ...given({ kubeconfig, context }) },
		namespace: flags.namespace,
		image: flags.image,
		knativeManifests: flags.knativeManifests ?? [],
		timeoutMs: flags.timeout,
		format: flags.format,
		out: flags.out ?? [],
		only: flags.only ?? [],
		...given({ report, gateway, traces }),
	};
}
