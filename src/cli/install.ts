import type { Command } from "commander";
import type { Context } from "../context/context.ts";
import { sampleImage, workloadNamespace } from "./bench.ts";
import type { Finish } from "./finish.ts";
import {
	addClusterOptions,
	addSourceOptions,
	type ClusterFlags,
	collect,
	given,
	image,
	namespace,
	type SourceFlags,
	sourceOf,
} from "./options.ts";

interface InstallFlags extends ClusterFlags, SourceFlags {
	namespace: string;
	image: string;
	knativeManifests?: string[];
	dryRun?: true;
}

const clusterOf = (flags: ClusterFlags) => ({
	timeoutMs: flags.timeout,
	...given({ kubeconfig: flags.kubeconfig, context: flags.context }),
});

/** Declares `knistio install`, `uninstall` and `clean`. */
export function addInstall(program: Command, context: Context, finish: Finish): void {
	const install = program
		.command("install <profile>")
		.description("put one profile on the cluster, to stay there; a later bench measures it without installing anew")
		.option("--namespace <name>", "the workload's namespace", namespace, workloadNamespace)
		.option("--image <image>", "for the external authorizer of profiles with a policy", image, sampleImage)
		.option("--knative-manifests <path>", "install Knative from here if it is missing (repeatable)", collect)
		.option("--dry-run", "print what would be changed, and change nothing")
		.addHelpText(
			"after",
			"\nExamples:\n  knistio install minimal --dry-run\n  knistio install full-cni --istioctl ~/bin/istioctl",
		);
	addSourceOptions(addClusterOptions(install)).action(async (profile: string, flags: InstallFlags) => {
		const commands = await import("../commands/install.ts");
		const rest = {
			source: sourceOf(flags),
			knativeManifests: flags.knativeManifests ?? [],
			dryRun: flags.dryRun === true,
		};
		finish(
			await commands.install(
				{ profile, namespace: flags.namespace, image: flags.image, ...rest, ...clusterOf(flags) },
				context,
			),
		);
	});

	const uninstall = program
		.command("uninstall")
		.alias("clean")
		.description("remove all that knistio put on the cluster and restore what it changed, also after a kill")
		.option("--force", "even while another knistio seems to be at work there")
		.addHelpText("after", "\nExamples:\n  knistio clean\n  knistio clean --context kind-bench --force");
	addClusterOptions(uninstall).action(async (flags: ClusterFlags & { force?: true }) => {
		const commands = await import("../commands/install.ts");
		finish(await commands.uninstall({ force: flags.force === true, ...clusterOf(flags) }, context));
	});
}
