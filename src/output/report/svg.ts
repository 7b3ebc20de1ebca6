/** Attributes of an element; a number is written with one decimal at most. */
type Attributes = Record<string, string | number>;

/** Text that XML takes as text: what XML 1.0 cannot hold is replaced. */
export function escaped(value: string): string {
	return (
		value
			// biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no way to write them
			.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
			.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
			.replaceAll("&", "&amp;")
			.replaceAll("<", "&lt;")
			.replaceAll(">", "&gt;")
			.replaceAll('"', "&quot;")
	);
}

/** An element; `content` is markup already. */
export function element(name: string, attributes: Attributes, content = ""): string {
	const written = Object.entries(attributes).map(([key, value]) => {
		const plain = typeof value === "number" ? String(Math.round(value * 10) / 10) : escaped(value);
		return ` ${key}="${plain}"`;
	});
	return content === "" ? `<${name}${written.join("")}/>` : `<${name}${written.join("")}>${content}</${name}>`;
}

/** A line of text. It cannot turn the direction of its neighbours. */
export function text(line: string, attributes: Attributes): string {
	return element("text", { ...attributes, "unicode-bidi": "isolate" }, escaped(line));
}

/** What a viewer has of these, in this order. */
export const fontFamily = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/**
 * A whole picture on white, with its alternative text; it can leave out what is above `fromY`. Where a page has several,
 * `name` tells the ids of one from those of another.
 */
export function svgDocument(
	picture: { width: number; height: number; fromY?: number; title: string; description: string; name?: string },
	body: readonly string[],
): string {
	const { width, height, fromY = 0, title, description, name = "" } = picture;
	const [titleId, descriptionId] = [`${name}title`, `${name}description`];
	const content = [
		"",
		element("title", { id: titleId }, escaped(title)),
		element("desc", { id: descriptionId }, escaped(description)),
		element("rect", { width, height, fill: "#ffffff" }),
		...body,
		"",
	].join("\n");
	const attributes = {
		xmlns: "http://www.w3.org/2000/svg",
		viewBox: `0 ${fromY} ${width} ${height - fromY}`,
		role: "img",
		"aria-labelledby": `${titleId} ${descriptionId}`,
		"font-family": fontFamily,
		fill: "#000000",
	};
	return `${element("svg", attributes, content)}\n`;
}
