import type { Declaration } from "./declaration.ts";
import { addClusterOptions, type ClusterFlags, clusterOf } from "./options/cluster.ts";

const examples = `
Examples:
  knistio clean
  knistio clean --context kind-bench --force`;

/** Declares `knistio uninstall`, also known as `clean`. */
export const declareUninstall: Declaration = (program, context, finish) => {
	const command = program
		.command("uninstall")
		.alias("clean")
		.description("remove everything that knistio installed and restore what it changed, also after it was killed")
		.option("--force", "proceed even if another knistio seems to use the cluster")
		.addHelpText("after", examples);
	addClusterOptions(command).action(async (flags: ClusterFlags & { force?: true }) => {
		const { uninstall } = await import("../commands/install.ts");
		finish(await uninstall({ force: flags.force === true, ...clusterOf(flags) }, context));
	});
};
