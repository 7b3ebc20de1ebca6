import { dump } from "js-yaml";
import { type ExitCode, exitCodes, UsageError } from "../errors.ts";
import { budgetsOfProfile, parseBudget } from "../gate/parse-budget.ts";
import { type IstioSource, renderIstio } from "../istio/render.ts";
import type { RunProcess } from "../istio/run-process.ts";
import { kubectlSchema } from "../kube/yaml.ts";
import { builtInProfiles, builtInVariants } from "../profile/built-in.ts";
import { substitute } from "../profile/effective.ts";
import { loadProfiles, placesInProfile } from "../profile/load.ts";
import type { Profile } from "../profile/profile.ts";

/** Where a command's words go: its result to stdout, all else to stderr. */
export interface Output {
	stdout(text: string): void;
	stderr(text: string): void;
}

/** `profiles list`: the built-in profiles, one a line, and below each its variants with their knobs. */
export async function listProfiles(out: Output): Promise<ExitCode> {
	out.stdout(columns((await loadProfiles(builtInProfiles)).map((each) => [each, each.description ?? ""])));
	const variants = await loadProfiles(builtInVariants);
	for (const of of new Set(variants.map(({ variant }) => variant?.of))) {
		const knobs = variants.filter(({ variant }) => variant?.of === of);
		out.stdout(`\nVariants of ${of}, each with one knob turned (bench --variants):\n`);
		out.stdout(columns(knobs.map((each) => [each, each.variant?.knob ?? ""])));
	}
	return exitCodes.ok;
}

/** Names, titles and a text each, in columns. */
function columns(rows: readonly [Profile, string][]): string {
	const nameWidth = Math.max(...rows.map(([{ name }]) => name.length));
	const titleWidth = Math.max(...rows.map(([{ title = "" }]) => title.length));
	const lines = rows.map(([{ name, title = "" }, text]) =>
		`${name.padEnd(nameWidth)}  ${title.padEnd(titleWidth)}  ${text}`.trimEnd(),
	);
	return `${lines.join("\n")}\n`;
}

/** How a profile is shown. */
export interface ShowOptions {
	format: "yaml" | "json";
	/** The workload's namespace, to stand for `$NAMESPACE`; left as it is if undefined. */
	namespace?: string;
}

/** `profiles show`: a profile with all its defaults filled in. */
export async function showProfile(name: string, options: ShowOptions, out: Output): Promise<ExitCode> {
	const loaded = await loadOne(name);
	const profile = options.namespace === undefined ? loaded : substitute(loaded, options.namespace);
	out.stdout(options.format === "json" ? `${JSON.stringify(profile, undefined, 2)}\n` : toYaml(profile));
	return exitCodes.ok;
}

/** `profiles validate`: every file is judged, also behind one that is wrong; exit code 2 if any is. */
export async function validateProfiles(names: readonly string[], out: Output): Promise<ExitCode> {
	const hints = new Set<string>();
	for (const name of names) {
		try {
			const profile = await loadOne(name);
			await requireBudgets(name, profile);
			out.stdout(`${name}: profile ${profile.name} is valid\n`);
		} catch (error) {
			if (!(error instanceof UsageError)) throw error;
			out.stderr(`${error.message}\n`);
			hints.add(error.hint ?? "");
		}
	}
	if (hints.size === 0) return exitCodes.ok;
	for (const hint of hints) if (hint !== "") out.stderr(`hint: ${hint}\n`);
	return exitCodes.usage;
}

/** @throws UsageError for a budget that no run could be judged by, with its place in the file */
async function requireBudgets(name: string, profile: Profile): Promise<void> {
	const placeOf = await placesInProfile(name);
	for (const [index, written] of budgetsOfProfile(profile).entries()) {
		parseBudget({ ...written, source: `${placeOf(["budgets", index])}: budgets[${index}]` });
	}
}

/** What a profile is rendered with. */
export interface RenderOptions {
	source: IstioSource;
	/** The workload's namespace, to stand for `$NAMESPACE`. */
	namespace: string;
	signal?: AbortSignal;
	run?: RunProcess;
}

/** `profiles render`: the manifests that the profile stands for, Istio's first, as a stream of YAML documents. */
export async function renderProfile(name: string, options: RenderOptions, out: Output): Promise<ExitCode> {
	const { source, namespace, ...context } = options;
	const profile = substitute(await loadOne(name), namespace);
	const rendered = await renderIstio(profile, source, context);
	for (const warning of rendered.warnings) out.stderr(`${rendered.renderer}: ${warning}\n`);
	for (const object of [...rendered.objects, ...profile.security, ...profile.policy, ...(profile.traffic ?? [])]) {
		out.stdout(`---\n${toYaml(object)}`);
	}
	return exitCodes.ok;
}

async function loadOne(name: string): Promise<Profile> {
	const [profile] = await loadProfiles([name]);
	if (profile === undefined) throw new Error(`profile ${name} was loaded as nothing`);
	return profile;
}

/** Texts that kubectl would take for something else are quoted. */
function toYaml(value: unknown): string {
	return dump(value, { schema: kubectlSchema, noRefs: true, lineWidth: -1 });
}
