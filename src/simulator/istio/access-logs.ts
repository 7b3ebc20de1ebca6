import { load } from "js-yaml";
import { isRecord } from "../api/fields.ts";
import { type ConfigMap, type Pod, uidOf } from "../api/objects.ts";
import type { World } from "../world/world.ts";

/** What a proxy knows of a request, ms; undefined where it has none. */
export interface ProxyLine {
	headers: Record<string, string | string[] | undefined>;
	cluster: string;
	totalMs: number;
	upstreamMs?: number | undefined;
	/** The identity in the caller's certificate. */
	peer?: string | undefined;
}

/** Envoy's command operators that are simulated; others give null, as what Envoy does not know. */
function answerTo(operator: string, line: ProxyLine): string | number | null {
	const header = /^%REQ\((.+)\)%$/.exec(operator)?.[1]?.toLowerCase();
	if (header === "x-forwarded-client-cert") return line.peer === undefined ? null : `By=spiffe://own;URI=${line.peer}`;
	if (header !== undefined) return line.headers[header]?.toString() ?? null;
	const inUs = (ms: number | undefined) => (ms === undefined ? null : Math.round(ms * 1000));
	switch (operator) {
		case "%UPSTREAM_CLUSTER_RAW%":
			return line.cluster;
		case "%DOWNSTREAM_PEER_URI_SAN%":
			return line.peer ?? null;
		case "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%":
			return inUs(line.totalMs);
		case "%COMMON_DURATION(US_TX_BEG:US_RX_END:us)%":
			return inUs(line.upstreamMs);
		default:
			return null;
	}
}

/** The formats, as JSON with labels, of the providers that write logs by default. */
function formatsOf({ api }: World): Record<string, unknown>[] {
	const config = api.get<ConfigMap>("configmaps", { namespace: "istio-system", name: "istio" });
	const text = config?.data?.mesh ?? "";
	// Asked with every request; most clusters write none.
	const mesh = text.includes("accessLogging") ? load(text) : undefined;
	if (!isRecord(mesh) || !isRecord(mesh.defaultProviders) || !Array.isArray(mesh.extensionProviders)) return [];
	const names = Array.isArray(mesh.defaultProviders.accessLogging) ? mesh.defaultProviders.accessLogging : [];
	return mesh.extensionProviders
		.filter(isRecord)
		.filter(({ name }) => names.includes(name))
		.flatMap(({ envoyFileAccessLog: file }) => {
			const format = isRecord(file) && isRecord(file.logFormat) ? file.logFormat.labels : undefined;
			return isRecord(format) ? [format] : [];
		});
}

/** Has the proxy of a pod write a line of a request, if the mesh's configuration asks for access logs. */
export function writeAccessLog(world: World, pod: Pod, line: ProxyLine): void {
	for (const format of formatsOf(world)) {
		const values = Object.entries(format).map(([key, operator]) => [key, answerTo(String(operator), line)]);
		const text = JSON.stringify(Object.fromEntries(values));
		world.logs.write(uidOf(pod), "istio-proxy", `${text}\n`, world.nodeEpochNs(pod.spec.nodeName ?? ""));
	}
}
