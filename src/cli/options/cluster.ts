import { type Command, Option } from "commander";
import { durationMs, given, text } from "./values.ts";

/** Which cluster a command works on. */
export interface ClusterFlags {
	kubeconfig?: string;
	context?: string;
	timeout: number;
}

/** Adds the options of every command that works on a cluster. */
export function addClusterOptions(command: Command): Command {
	return command
		.option(
			"--kubeconfig <file>",
			"kubeconfig file to use (default: $KUBECONFIG, ~/.kube/config or the pod's service account)",
			text,
		)
		.option("--context <name>", "kubeconfig context to use (default: the current context)", text)
		.addOption(
			new Option("--timeout <duration>", "time limit for each wait on the cluster")
				.argParser(durationMs)
				.default(300_000, "5m"),
		);
}

/** The cluster that the flags name. */
export const clusterOf = ({ kubeconfig, context, timeout }: ClusterFlags) => ({
	timeoutMs: timeout,
	...given({ kubeconfig, context }),
});

/** `--dry-run` of the commands that change a cluster. */
export const dryRunOption = () => new Option("--dry-run", "print what would be changed, and change nothing");
