import { ClusterError } from "../../errors.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import type { Session } from "../../kube/wait/task.ts";
import { oneLine } from "../../text/one-line.ts";

/** One value of Prometheus' text format. */
export interface Counted {
	name: string;
	labels: Record<string, string>;
	value: number;
	/** When it was read, ms since 1970; undefined where the text does not say. */
	atMs?: number;
}

/** Where a proxy's agent shows what its Envoy and itself have counted. */
const statisticsPort = 15020;

/**
 * What the proxy of a pod has counted, read through the API server (`pods/proxy`).
 * @throws ClusterError where it cannot be read
 */
export async function readStatistics({ cluster, signal }: Session, pod: KubeObject): Promise<Counted[]> {
	const { namespace, name } = pod.metadata;
	const path = `/api/v1/namespaces/${namespace}/pods/${name}:${statisticsPort}/proxy/stats/prometheus`;
	const { status, body } = await cluster.raw("GET", path, { signal, timeoutMs: 15_000 });
	const text = body.toString("utf8");
	if (status === 200) return parseStatistics(text);
	throw new ClusterError(
		`the statistics of pod ${namespace}/${name} cannot be read: HTTP ${status}: ${oneLine(text).slice(0, 200)}`,
		{
			hint: "reading them needs the right to get pods/proxy",
		},
	);
}

/** The values of a text in Prometheus' format; lines that are none are left out. */
export function parseStatistics(text: string): Counted[] {
	return text.split("\n").flatMap((line): Counted[] => {
		const [, name, labels = "", number, at] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+(\d+))?/.exec(line) ?? [];
		const value = Number(number);
		if (name === undefined || !Number.isFinite(value)) return [];
		return [{ name, labels: labelsOf(labels), value, ...(at === undefined ? {} : { atMs: Number(at) }) }];
	});
}

function labelsOf(text: string): Record<string, string> {
	const pairs = text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g);
	return Object.fromEntries([...pairs].map(([, name = "", value = ""]) => [name, value.replace(/\\(.)/g, "$1")]));
}

/** The sum of the values that fit; undefined where none does: not counted is not 0. */
export function sumOf(counted: readonly Counted[], fits: (one: Counted) => boolean): number | undefined {
	const values = counted.filter(fits).map(({ value }) => value);
	return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}
