import type { Figures } from "../../analysis/figures.ts";
import { reportText } from "../../report/report-text.ts";

/** The report as knistio reads it again, with the attempt ledger of each profile. */
export function renderJson({ report, runs }: Figures): string {
	const profiles = runs.map(({ run: { profile, fingerprint, ...rest }, ledger }) => ({
		profile,
		fingerprint,
		...rest,
		ledger,
	}));
	return reportText({ ...report, profiles });
}
