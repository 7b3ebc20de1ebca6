import { fileExtensions, reportFormats } from "../output/formats.ts";

/** Every format with what it is for: `table (for a terminal), json (…)`. */
export const formatList = () => reportFormats.map(({ name, description }) => `${name} (${description})`).join(", ");

/** The help of `--out`. */
export const outDescription = () =>
	`write the report to this file; its extension chooses the format: ${fileExtensions().join(", ")} (repeatable)`;
