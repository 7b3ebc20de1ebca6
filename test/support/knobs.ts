import type { Variant } from "../../src/profile/profile.ts";
import type { Report } from "../../src/report/report.ts";

/** The knob of a made-up variant of a profile. */
export function knobOn(of: string, words: Partial<Variant> = {}): Variant {
	return { of, knob: "a knob", cost: "It costs something.", source: "https://istio.io/", ...words };
}

/** The report with some of its profiles as variants: of what, by the variant's name. */
export function withKnobs(report: Report, variants: Record<string, string>, words: Partial<Variant> = {}): Report {
	const profiles = report.profiles.map((run) => {
		const of = variants[run.profile.name];
		return of === undefined ? run : { ...run, profile: { ...run.profile, variant: knobOn(of, words) } };
	});
	return { ...report, profiles };
}
