import type { ProfileSamples, Sample, Time } from "./samples.ts";

/*
 * A page may hold thousands of attempts with twenty times each. Packed, a time is a short list without names, which
 * makes the page a third of the size.
 */

/** A time as milliseconds, both bounds, the source's place in the list of sources, and where it begins. */
type PackedTime = [number, number, number, number, number?] | null;

interface PackedSample extends Omit<Sample, "total" | "phases" | "spans"> {
	total: PackedTime;
	phases: PackedTime[];
	spans: PackedTime[];
}

/** {@link ProfileSamples} as the page carries them. */
export interface Packed {
	sources: string[];
	profiles: (Omit<ProfileSamples, "samples"> & { samples: PackedSample[] })[];
}

/** Packs the attempts of all profiles. */
export function packed(profiles: readonly ProfileSamples[]): Packed {
	const sources: string[] = [];
	const place = (source: string) => {
		const known = sources.indexOf(source);
		return known >= 0 ? known : sources.push(source) - 1;
	};
	const pack = (time: Time | undefined): PackedTime => {
		if (time === undefined) return null;
		const { ms, loMs, hiMs, source, fromMs } = time;
		return fromMs === undefined ? [ms, loMs, hiMs, place(source)] : [ms, loMs, hiMs, place(source), fromMs];
	};
	return {
		profiles: profiles.map((profile) => ({
			...profile,
			samples: profile.samples.map((sample) => ({
				...sample,
				total: pack(sample.total),
				phases: sample.phases.map(pack),
				spans: sample.spans.map(pack),
			})),
		})),
		sources,
	};
}

/** The attempts again. */
export function unpacked({ sources, profiles }: Packed): ProfileSamples[] {
	const unpack = (time: PackedTime): Time | undefined => {
		if (time === null) return undefined;
		const [ms, loMs, hiMs, source, fromMs] = time;
		return { ms, loMs, hiMs, source: sources[source] ?? "", ...(fromMs !== undefined && { fromMs }) };
	};
	return profiles.map((profile) => ({
		...profile,
		samples: profile.samples.map(({ total, phases, spans, ...rest }): Sample => {
			const time = unpack(total);
			return {
				...rest,
				...(time !== undefined && { total: time }),
				phases: phases.map(unpack),
				spans: spans.map(unpack),
			};
		}),
	}));
}
