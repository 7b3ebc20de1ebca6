import { JSDOM, VirtualConsole } from "jsdom";

/** A page as a browser has it once it is open; an error of its script fails the test. */
export function opened(html: string): { document: Document; window: JSDOM["window"] } {
	const virtualConsole = new VirtualConsole();
	virtualConsole.on("jsdomError", (error) => {
		throw error;
	});
	const { window } = new JSDOM(html, { runScripts: "dangerously", virtualConsole });
	return { document: window.document, window };
}

/** A page as a browser has it where no script may run. */
export const still = (html: string): Document => new JSDOM(html).window.document;

/** What an element says, with single spaces. */
export const wordsOf = (element: Element | null | undefined): string =>
	(element?.textContent ?? "").replace(/\s+/g, " ").trim();

/** The rows of a table, each as the words of its cells. */
export const rowsOf = (element: ParentNode | null | undefined): string[][] =>
	[...(element?.querySelectorAll("tr") ?? [])].map((row) => [...row.children].map(wordsOf));
