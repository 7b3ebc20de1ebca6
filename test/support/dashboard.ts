import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What of a Grafana dashboard is looked at. */
export interface Dashboard {
	templating: { list: { name: string; type: string; query: string }[] };
	panels: {
		id: number;
		type: string;
		title: string;
		description: string;
		gridPos: { x: number; y: number; w: number; h: number };
		targets: { expr: string; legendFormat: string }[];
		fieldConfig: { defaults: { unit: string } };
	}[];
}

const file = fileURLToPath(new URL("../../.github/examples/grafana-dashboard.json", import.meta.url));

/** The dashboard of this repository. */
export const dashboard = (): Dashboard => JSON.parse(readFileSync(file, "utf8")) as Dashboard;

/** Every query of the panels, with each profile chosen. */
export const expressions = (): string[] =>
	dashboard().panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll("$profile", ".*")));
