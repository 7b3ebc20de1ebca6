const unitMs: Record<string, number> = {
	ns: 1e-6,
	us: 1e-3,
	µs: 1e-3,
	μs: 1e-3,
	ms: 1,
	s: 1000,
	m: 60_000,
	h: 3_600_000,
};

/** Milliseconds of a duration in Go's spelling, such as `30s` or `1h2m3.5s`; undefined for anything else. */
export function goDurationMs(text: unknown): number | undefined {
	if (typeof text !== "string") return undefined;
	const [, sign, amounts = ""] =
		/^([-+]?)(0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text.trim()) ?? [];
	if (amounts === "") return undefined;
	const parts = [...amounts.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)];
	const ms = parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (unitMs[unit] ?? Number.NaN), 0);
	return sign === "-" ? -ms : ms;
}
