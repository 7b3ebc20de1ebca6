import { escaped } from "../../report/svg.ts";

/** Attributes of an element; `true` writes the name alone, and `undefined` nothing. */
type Attributes = Record<string, string | number | true | undefined>;

const withoutEnd = new Set(["input", "meta"]);

/** An element of HTML; `content` is markup already, attributes are escaped here. */
export function tag(name: string, attributes: Attributes, ...content: readonly string[]): string {
	const written = Object.entries(attributes).map(([key, value]) => {
		if (value === undefined) return "";
		return value === true ? ` ${key}` : ` ${key}="${escaped(String(value))}"`;
	});
	const start = `<${name}${written.join("")}>`;
	return withoutEnd.has(name) ? start : `${start}${content.join("")}</${name}>`;
}

/** Text of other people: it is shown as it is, and cannot turn the direction of its neighbours. */
export const isolated = (text: string): string => tag("bdi", {}, escaped(text));

/** A cell of a table with a number, or with words about it. */
export const number = (text: string): string => tag("td", { class: "number" }, escaped(text));
