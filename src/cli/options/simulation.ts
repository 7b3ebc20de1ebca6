import { Option } from "commander";
import { count } from "./values.ts";

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
