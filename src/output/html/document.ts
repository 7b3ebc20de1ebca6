import { createHash } from "node:crypto";
import { escaped } from "../report/svg.ts";
import { text as script } from "./browser/page.ts?built";
import { tag } from "./drawing/markup.ts";
import { text as style } from "./page.css?built";

/** What a page is made of. */
export interface Page {
	title: string;
	/** Markup. */
	header: string;
	/** Its parts in order; an empty one is left out. */
	sections: readonly Section[];
	/** What the script is given. */
	data?: unknown;
}

/** A part of a page. */
export interface Section {
	/** The anchor of its heading. */
	id: string;
	title: string;
	/** Markup. */
	content: string;
}

const hashOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Nothing is loaded from anywhere, nothing is sent, and nothing runs but the page's own style and script. */
const policy = [
	"default-src 'none'",
	`style-src ${hashOf(style)}`,
	`script-src ${hashOf(script)}`,
	"base-uri 'none'",
	"form-action 'none'",
].join("; ");

/** A page as one file that needs no other. */
export function htmlDocument({ title, header, sections, data }: Page): string {
	const shown = sections.filter(({ content }) => content !== "");
	const links = shown.map(({ id, title }) => tag("a", { href: `#${id}` }, escaped(title)));
	const head = [
		tag("meta", { charset: "utf-8" }),
		tag("meta", { "http-equiv": "Content-Security-Policy", content: policy }),
		tag("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
		tag("meta", { name: "color-scheme", content: "light dark" }),
		tag("title", {}, escaped(title)),
		`<style>${style}</style>`,
	];
	const body = [
		tag("header", {}, tag("h1", {}, escaped(title)), header),
		...(links.length < 2 ? [] : [tag("nav", { "aria-label": "Parts of this page" }, ...links)]),
		tag("main", {}, ...shown.map(sectionMarkup)),
		...(data === undefined ? [] : [dataMarkup(data)]),
		`<script>${script}</script>`,
	];
	return `<!doctype html>\n<html lang="en">\n<head>\n${head.join("\n")}\n</head>\n<body>\n${body.join("\n")}\n</body>\n</html>\n`;
}

function sectionMarkup({ id, title, content }: Section): string {
	return `\n${tag("section", { id, "aria-labelledby": `${id}-title` }, tag("h2", { id: `${id}-title` }, escaped(title)), "\n", content, "\n")}`;
}

/** JSON in which nothing can end the element that it stands in. */
function dataMarkup(data: unknown): string {
	return `<script type="application/json" id="samples">${JSON.stringify(data).replaceAll("<", "\\u003c")}</script>`;
}
