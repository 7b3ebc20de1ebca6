import { revisionState } from "../../src/knative/zero.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import { imageFingerprint } from "../../src/measure/fingerprint.ts";
import type { Entry } from "../../src/recording/entries.ts";
import { openLiveState } from "../../src/recording/live-state.ts";
import { openReportBuilder } from "../../src/timing/report-builder.ts";

/**
 * The fields of watched objects that measuring reads and finds: `pods: status.conditions[].type`. The recording is
 * folded, and looked at as a run does while it waits, with objects that note what is asked of them.
 */
export function readPaths(entries: readonly Entry[]): Set<string> {
	const found = new Set<string>();
	const builder = openReportBuilder();
	const state = openLiveState();
	let revision = "";
	for (const entry of entries) {
		if (entry.kind === "profile") revision = entry.revision;
		const noted =
			entry.kind === "watch" ? { ...entry, object: noting(entry.object, `${entry.watch}: `, found) } : entry;
		builder.add(noted);
		state.add(noted);
		for (const pod of revisionState(state, revision).pods) imageFingerprint(pod);
	}
	builder.report();
	return found;
}

function noting<T extends KubeObject>(object: T, path: string, found: Set<string>): T {
	return new Proxy(object, {
		get(target, key) {
			const value: unknown = Reflect.get(target, key);
			if (typeof key === "symbol" || typeof value === "function" || value === undefined || value === null) return value;
			if (Array.isArray(target) && key === "length") return value;
			const own = Array.isArray(target) ? `${path}[]` : path.endsWith(" ") ? path + key : `${path}.${key}`;
			if (typeof value !== "object") {
				found.add(own);
				return value;
			}
			return noting(value as KubeObject, own, found);
		},
	});
}
