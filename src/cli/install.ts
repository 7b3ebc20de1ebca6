import type { Declaration } from "./declaration.ts";
import { addClusterOptions, type ClusterFlags, clusterOf, dryRunOption } from "./options/cluster.ts";
import { addSourceOptions, knativeManifestsOption, type SourceFlags, sourceOf } from "./options/source.ts";
import { imageOption, namespaceOption } from "./options/workload.ts";

interface InstallFlags extends ClusterFlags, SourceFlags {
	namespace: string;
	image: string;
	knativeManifests?: string[];
	dryRun?: true;
}

const examples = `
Examples:
  knistio install minimal --dry-run
  knistio install full-cni --istioctl ~/bin/istioctl`;

/** Declares `knistio install`. */
export const declareInstall: Declaration = (program, context, finish) => {
	const command = program
		.command("install")
		.description("install one profile and keep it on the cluster; a later bench measures it without a new install")
		.argument("<profile>", "name of a built-in profile, or path of a file of your own")
		.addOption(namespaceOption("namespace of the service"))
		.addOption(imageOption("image of the external authorizer, for profiles with a policy"))
		.addOption(knativeManifestsOption())
		.addOption(dryRunOption())
		.addHelpText("after", examples);
	addSourceOptions(addClusterOptions(command)).action(async (profile: string, flags: InstallFlags) => {
		const { install } = await import("../commands/install.ts");
		const options = {
			profile,
			namespace: flags.namespace,
			image: flags.image,
			source: sourceOf(flags),
			knativeManifests: flags.knativeManifests ?? [],
			dryRun: flags.dryRun === true,
			...clusterOf(flags),
		};
		finish(await install(options, context));
	});
};
