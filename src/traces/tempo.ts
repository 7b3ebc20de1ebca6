import { z } from "zod";
import { UsageError } from "../errors.ts";
import { askJson, hint } from "./answer.ts";
import { parseOtlp } from "./otlp.ts";
import { type Outside, questionsOf, type TraceSource } from "./source.ts";

const mostTraces = 100;
const searchSchema = z.looseObject({ traces: z.array(z.looseObject({ traceID: z.string() })).nullish() });

/** A backend that answers Tempo's API: a search by TraceQL, then each trace. @param url without `/api` */
export function tempoSource(url: string, outside: Pick<Outside, "get">): TraceSource {
	const base = url.replace(/\/$/, "");
	const other = () => new UsageError(`the trace backend at ${base} answered with other JSON than Tempo's`, { hint });
	return {
		name: `Tempo at ${base}`,
		async spansOf(pod, signal) {
			const ids = new Set<string>();
			for (const { operation, key, value } of questionsOf(pod)) {
				const query = new URLSearchParams({
					q: `{ name = "${operation}" && span.${key} = "${value}" }`,
					start: String(pod.fromNs / 1_000_000_000n),
					end: String(pod.toNs / 1_000_000_000n + 1n),
					limit: String(mostTraces),
				});
				const found = searchSchema.safeParse(await askJson(`${base}/api/search?${query}`, outside, signal));
				if (!found.success) throw other();
				for (const { traceID } of found.data.traces ?? []) ids.add(traceID);
			}
			const spans = [];
			for (const id of ids) {
				const trace = parseOtlp(await askJson(`${base}/api/traces/${encodeURIComponent(id)}`, outside, signal));
				if (trace === undefined) throw other();
				spans.push(...trace);
			}
			return spans;
		},
	};
}
