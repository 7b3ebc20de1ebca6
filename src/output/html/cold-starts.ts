import type { Figures, RunFigures } from "../../analysis/figures.ts";
import { titleOf } from "../../analysis/summary.ts";
import { escaped } from "../report/svg.ts";
import { ledgerWords } from "../words/units.ts";
import { isolated, tag } from "./drawing/markup.ts";
import { type ProfileSamples, sampleWords } from "./drawing/samples.ts";
import { waterfallRows } from "./drawing/waterfall.ts";
import { stripOf } from "./strip.ts";
import { scrolling } from "./table.ts";

/** Every profile with a strip of all its attempts and the waterfall of one; `samples` are those of each profile. */
export function coldStartsOf({ report, runs }: Figures, samples: readonly ProfileSamples[]): string {
	const longestMs = samples
		.flatMap((profile) => profile.samples.map(({ total }) => total?.ms ?? 0))
		.reduce((a, b) => Math.max(a, b), 0);
	const parts = runs.map((run, index) => {
		const profile = samples[index];
		if (profile === undefined) return "";
		return profileMarkup(run, { index, profile, longestMs, title: titleOf(run.run.profile, report) });
	});
	return parts.join("\n");
}

interface Shown {
	index: number;
	profile: ProfileSamples;
	longestMs: number;
	title: string;
}

function profileMarkup(
	{ run, ledger, total, typical }: RunFigures,
	{ index, profile, longestMs, title }: Shown,
): string {
	const { name, description } = run.profile;
	const { samples } = profile;
	const chosen = typical === undefined ? 0 : run.coldStarts.indexOf(typical);
	const content =
		samples.length === 0
			? [tag("p", { class: "none" }, "no data: nothing was attempted")]
			: [
					stripOf({ name, samples, total, longestMs }),
					chooser(profile, { index, chosen, isTypical: typical !== undefined }),
					waterfall(profile, { chosen, name }),
				];
	return tag(
		"article",
		{ "data-profile": index, "aria-labelledby": `profile-${index}` },
		tag("h3", { id: `profile-${index}` }, isolated(title)),
		...(description === undefined ? [] : [tag("p", {}, isolated(description))]),
		tag("p", { class: "note" }, escaped(ledgerWords(ledger))),
		...content,
	);
}

/** The slider is of use to the page's script alone, which shows it. */
function chooser(
	{ samples }: ProfileSamples,
	{ index, chosen, isTypical }: { index: number; chosen: number; isTypical: boolean },
): string {
	const sample = samples[chosen];
	const words = sample === undefined ? "" : sampleWords(sample);
	const id = `attempt-${index}`;
	const range = { type: "range", id, min: 1, max: samples.length, value: chosen + 1, "aria-valuetext": words };
	const which = isTypical ? "Shown first: the attempt with the median total." : "";
	return [
		tag(
			"p",
			{ class: "chooser", "data-chooser": true, hidden: true },
			tag("label", { for: id }, "Choose an attempt"),
			tag("input", { ...range, autocomplete: "off" }),
			tag("span", { class: "note" }, which),
		),
		tag("p", { class: "chosen-words", "data-chosen": true }, escaped(words)),
	].join("");
}

const columns = ["phase", "when", "time", "±", "source"].map((name) =>
	tag("th", { scope: "col", class: name === "time" || name === "±" ? "number" : undefined }, name),
);

function waterfall(profile: ProfileSamples, { chosen, name }: { chosen: number; name: string }): string {
	const caption = "Waterfall of the chosen attempt. In it, arrow keys move through phases and attempts.";
	const table = tag(
		"table",
		{},
		tag("caption", {}, caption),
		tag("thead", {}, tag("tr", {}, ...columns)),
		tag("tbody", {}, waterfallRows(profile, chosen)),
	);
	const detail = tag("p", { class: "detail", "data-detail": true, "aria-live": "polite" });
	return `<div class="waterfall">${scrolling(`Waterfall of ${name}`, table)}${detail}</div>`;
}
