import { type ProfileSamples, sampleWords } from "../drawing/samples.ts";
import { waterfallRows } from "../drawing/waterfall.ts";
import { enlivenRows } from "./rows.ts";

/**
 * Lets a reader choose an attempt of a profile, by the slider, by its dot in the strip, or by the arrows to the left and
 * right in the waterfall, and draws the waterfall of the chosen one.
 */
export function enlivenColdStarts(section: HTMLElement, profile: ProfileSamples): void {
	const slider = section.querySelector<HTMLInputElement>("input[type=range]");
	const words = section.querySelector<HTMLElement>("[data-chosen]");
	const strip = section.querySelector<SVGElement>(".strip svg");
	const rows = section.querySelector<HTMLElement>(".waterfall tbody");
	const about = section.querySelector<HTMLElement>("[data-detail]");
	if (slider === null || words === null || strip === null || rows === null || about === null) return;

	const table = enlivenRows(rows, { about, onSideways: (by) => choose(slider.valueAsNumber - 1 + by) });
	function choose(index: number): void {
		const sample = profile.samples[index];
		if (sample === undefined || slider === null || words === null || rows === null) return;
		slider.value = String(index + 1);
		words.textContent = sampleWords(sample);
		slider.setAttribute("aria-valuetext", words.textContent);
		for (const dot of strip?.querySelectorAll(".chosen") ?? []) dot.classList.remove("chosen");
		strip?.querySelector(`[data-sample="${index}"]`)?.classList.add("chosen");
		table.replace(waterfallRows(profile, index));
	}

	slider.addEventListener("input", () => choose(slider.valueAsNumber - 1));
	strip.addEventListener("click", ({ target }) => {
		const index = sampleOf(target);
		if (index === undefined) return;
		choose(index);
		slider.focus();
	});
	// A dot says what it is when it is first pointed at: a thousand of them need not from the start.
	strip.addEventListener("pointerover", ({ target }) => {
		const sample = profile.samples[sampleOf(target) ?? -1];
		if (sample === undefined || !(target instanceof SVGElement) || target.childElementCount > 0) return;
		const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
		title.textContent = sampleWords(sample);
		target.append(title);
	});
	choose(slider.valueAsNumber - 1);
	section.querySelector<HTMLElement>("[data-chooser]")?.removeAttribute("hidden");
}

function sampleOf(target: EventTarget | null): number | undefined {
	const sample = target instanceof SVGElement ? target.dataset.sample : undefined;
	return sample === undefined ? undefined : Number(sample);
}
