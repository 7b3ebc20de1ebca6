import { type Command, Option } from "commander";
import type { Context } from "../context/context.ts";
import { workloadNamespace } from "./bench.ts";
import type { Finish } from "./finish.ts";
import { addSourceOptions, namespace, type SourceFlags, sourceOf } from "./options.ts";

/** Declares `knistio profiles` and its four verbs, and `knistio phases`. */
export function addProfiles(program: Command, context: Context, finish: Finish): void {
	const profiles = program
		.command("profiles")
		.description("the profiles, their effective values, the manifests they stand for");
	const load = () => import("../commands/profiles.ts");
	profiles
		.command("list")
		.description("the built-in profiles")
		.action(async () => finish(await (await load()).listProfiles(context)));
	profiles
		.command("show <name|file>")
		.description("one profile with every default filled in")
		.addOption(new Option("--format <format>").choices(["yaml", "json"]).default("yaml"))
		.action(async (name: string, { format }: { format: "yaml" | "json" }) =>
			finish(await (await load()).showProfile(name, { format }, context)),
		);
	profiles
		.command("validate <file...>")
		.description("complain about everything that is wrong, with its line")
		.action(async (files: string[]) => finish(await (await load()).validateProfiles(files, context)));
	const render = profiles
		.command("render <name|file>")
		.description("the manifests that the profile stands for, as YAML")
		.option("--namespace <name>", "the workload's namespace", namespace, workloadNamespace);
	addSourceOptions(render).action(async (name: string, flags: SourceFlags & { namespace: string }) => {
		const options = { source: sourceOf(flags), namespace: flags.namespace, signal: context.signal };
		finish(await (await load()).renderProfile(name, options, context));
	});
	program
		.command("phases")
		.description("the names of all that is measured, for tables and budgets")
		.action(async () => {
			const { phaseDescriptions } = await import("../report/phases.ts");
			const width = Math.max(...phaseDescriptions.map(({ name }) => name.length));
			for (const { name, kind, text } of phaseDescriptions) {
				context.stdout(`${name.padEnd(width)}  ${kind.padEnd(5)}  ${text}\n`);
			}
		});
}
