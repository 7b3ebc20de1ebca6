import { Option } from "commander";
import type { Declaration } from "./declaration.ts";
import { addSourceOptions, type SourceFlags, sourceOf } from "./options/source.ts";
import { namespaceOption } from "./options/workload.ts";

const examples = `
Examples:
  knistio profiles list
  knistio profiles show full --format json
  knistio profiles validate mine.yaml other.yaml
  knistio profiles render ./mine.yaml --istioctl ~/bin/istioctl > manifests.yaml`;

const nameOrFile = "name of a built-in profile or variant, or path of a file of your own";

/** Declares `knistio profiles` with what it can do: `list`, `show`, `validate` and `render`. */
export const declareProfiles: Declaration = (program, context, finish) => {
	const profiles = program
		.command("profiles")
		.description("list, show, validate and render profiles")
		.addHelpText("after", examples);
	const load = () => import("../commands/profiles.ts");
	profiles
		.command("list")
		.description("list the built-in profiles and their variants")
		.addHelpText("after", "\nExample:\n  knistio profiles list")
		.action(async () => finish(await (await load()).listProfiles(context)));
	profiles
		.command("show")
		.description("print a profile with all its defaults, and all that it extends")
		.argument("<name|file>", nameOrFile)
		.addOption(new Option("--format <format>", "print YAML or JSON").choices(["yaml", "json"]).default("yaml"))
		.addHelpText(
			"after",
			"\nExamples:\n  knistio profiles show full\n  knistio profiles show ./mine.yaml\n  knistio profiles show hold",
		)
		.action(async (name: string, { format }: { format: "yaml" | "json" }) =>
			finish(await (await load()).showProfile(name, { format }, context)),
		);
	profiles
		.command("validate")
		.description("check profiles, and print everything that is wrong with its line")
		.argument("<file...>", "files to check")
		.addHelpText("after", "\nExample:\n  knistio profiles validate mine.yaml other.yaml")
		.action(async (files: string[]) => finish(await (await load()).validateProfiles(files, context)));
	const render = profiles
		.command("render")
		.description("print the manifests of a profile as YAML")
		.argument("<name|file>", nameOrFile)
		.addOption(namespaceOption("namespace of the service"))
		.addHelpText("after", "\nExample:\n  knistio profiles render full --istioctl ~/bin/istioctl > manifests.yaml");
	addSourceOptions(render).action(async (name: string, flags: SourceFlags & { namespace: string }) => {
		const options = { source: sourceOf(flags), namespace: flags.namespace, signal: context.signal };
		finish(await (await load()).renderProfile(name, options, context));
	});
};
