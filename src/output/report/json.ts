import { ledgerOf, type Report } from "../../report/report.ts";
import { reportText } from "../../report/report-text.ts";

/** The report as knistio reads it again, with the attempt ledger of each profile. */
export function renderJson(report: Report): string {
	const profiles = report.profiles.map(({ profile, fingerprint, ...rest }) => ({
		profile,
		fingerprint,
		...rest,
		ledger: ledgerOf(rest.coldStarts),
	}));
	return reportText({ ...report, profiles });
}
