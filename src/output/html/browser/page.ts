import { type Packed, unpacked } from "../drawing/packed.ts";
import { enlivenColdStarts } from "./cold-starts.ts";

/*
 * What a page does once it is open. Without it, the page shows everything but the waterfalls of the attempts that are
 * not typical.
 */

const data = document.getElementById("samples")?.textContent;
if (data) {
	const profiles = unpacked(JSON.parse(data) as Packed);
	for (const section of document.querySelectorAll<HTMLElement>("[data-profile]")) {
		const profile = profiles[Number(section.dataset.profile)];
		if (profile !== undefined) enlivenColdStarts(section, profile);
	}
}
