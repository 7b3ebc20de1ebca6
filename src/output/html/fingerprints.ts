import type { Report } from "../../report/report.ts";
import { escaped } from "../report/svg.ts";
import { isolated, tag } from "./drawing/markup.ts";
import { dataTable, tableRow } from "./table.ts";

/** What was measured: a row a key of the fingerprints; what all profiles share takes one cell. */
export function fingerprintsOf({ profiles }: Report): string {
	const keys = [...new Set(profiles.flatMap(({ fingerprint }) => Object.keys(fingerprint)))];
	if (keys.length === 0) return "";
	const rows = keys.map((key) => {
		const values = profiles.map(({ fingerprint }) => fingerprint[key]);
		if (new Set(values).size > 1) return tableRow(isolated(key), ...values.map((value) => valueCell(value)));
		return tableRow(isolated(key), valueCell(values[0], profiles.length));
	});
	const head = ["", ...profiles.map(({ profile }) => isolated(profile.name))];
	const table = dataTable({ caption: "What was measured, by profile", head, bodies: [rows] });
	const named = { kubernetes: "Kubernetes", knative: "Knative", istio: "Istio", runtime: "runtime", nodes: "nodes" };
	const first = profiles[0]?.fingerprint ?? {};
	const words = Object.entries(named).flatMap(([key, name]) =>
		first[key] === undefined ? [] : `${name} ${first[key]}`,
	);
	const summary = words.length === 0 ? "Versions, images and settings" : words.join(", ");
	return tag("details", {}, tag("summary", {}, isolated(summary)), table);
}

const valueCell = (value: string | undefined, columns = 1): string =>
	tag("td", columns > 1 ? { colspan: columns } : {}, value === undefined ? escaped("–") : isolated(value));
