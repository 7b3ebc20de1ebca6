import { Option } from "commander";
import { UsageError } from "../../errors.ts";
import { argument, count } from "./values.ts";

/** `--cluster`, whose only kind is `simulated`. @param otherwise what to do instead about a real cluster */
export const simulatedKind = (description: string, otherwise: string) =>
	new Option("--cluster <kind>", description).choices(["simulated"]).argParser(
		argument((text, where) => {
			if (text === "simulated") return text;
			throw new UsageError(`${where}: "${text}" is not a kind of cluster`, {
				hint: `allowed: simulated; ${otherwise}`,
			});
		}),
	);

/** `--cluster simulated` of the commands that measure. */
export const clusterKindOption = () =>
	simulatedKind(
		"use a simulated cluster in this process instead of a real one",
		"a real one, such as kind's, is that of the kubeconfig's current context, or of --context NAME",
	);

/** `--model` of a simulated cluster. */
export const modelOption = () =>
	new Option(
		"--model <name>",
		"delays of the simulated cluster: Kubernetes 1.36 or 1.34 with today's Istio, or those of the talk",
	)
		.choices(["today", "kubernetes-1.34", "talk-2019"])
		.default("today");

/** `--speed` of a simulated cluster. @param usual the speed unless another is given */
export const speedOption = (usual: number) =>
	new Option("--speed <n>", "run the simulated cluster this many times faster than real time")
		.argParser(count(1))
		.default(usual);
