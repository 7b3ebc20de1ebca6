import { ClusterError, UsageError } from "../../errors.ts";
import type { Visit } from "../../measure/rounds.ts";
import type { Profile, Variant } from "../../profile/profile.ts";
import type { Report } from "../../report/report.ts";

/** The variants among the profiles of a run, for its recording. */
export function variantsOf(profiles: readonly Profile[]): { variants?: Record<string, Variant> } {
	const variants = profiles.flatMap(({ name, variant }) => (variant === undefined ? [] : [[name, variant] as const]));
	return variants.length === 0 ? {} : { variants: Object.fromEntries(variants) };
}

/** What was asked for and could not be measured, though the run went on. */
export function unprovenIn({ unmeasured = [] }: Report): ClusterError | undefined {
	const setAside = unmeasured.filter(({ reason }) => reason !== undefined);
	if (setAside.length === 0) return undefined;
	const names = setAside.map(({ profile }) => profile).join(", ");
	return new ClusterError(`not measured: ${names}; the reasons are with what each knob buys`, {
		hint: "leave them out with --variants and the names of the others, or change what their reasons name",
	});
}

/**
 * Refuses variants that an Istio that is already installed cannot be: nothing of theirs would be applied, and they would
 * look like knobs that buy nothing.
 */
export function requireOneInstall(visits: readonly Visit[]): void {
	const groups = visits.map(({ profiles }) => profiles);
	const isApart = ({ name, variant }: Profile) =>
		variant !== undefined &&
		groups.some((group) => group.some((each) => each.name === variant.of) && group.every((each) => each.name !== name));
	const apart = groups.flat().filter(isApart);
	if (apart.length === 0) return;
	const names = [...new Set(apart.map(({ name }) => name))];
	const others = groups.flat().filter((profile) => profile.variant !== undefined && !isApart(profile));
	const rest = [...new Set(others.map(({ name }) => name))].join(",");
	throw new UsageError(`--use-installed: ${names.join(", ")} would need an install apart, and nothing is installed`, {
		hint: `leave them out${rest === "" ? "" : `: --variants ${rest}`}`,
	});
}
