/*
 * Names, messages and reports may come from anybody. What a terminal or a CI runner would take for a command is shown as
 * the escape by which JSON and JavaScript write it, so that JSON stays the same JSON.
 */

const escapeOf = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** C0 and C1 controls except tab and newline, DEL, the line separators, and what turns the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The colours that knistio itself uses: bold, dim, blue and vermilion, and their ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ownColors = /(\x1b\[(?:1|2|22|38;5;32|38;5;166|39)m)/;

/** What GitHub's runner obeys: `::` where a line begins, after any blanks, and `##[` wherever it stands. */
const commandStart = /(^|\n)(\s*)::/g;
const oldCommand = /##\[/g;

/**
 * A text that a terminal shows as it is, and in which a CI runner finds no command.
 * @param options.color lets knistio's own colours through
 */
export function printable(text: string, { color = false }: { color?: boolean } = {}): string {
	const parts = color ? text.split(ownColors) : [text];
	return parts
		.map((part, index) => (index % 2 === 1 ? part : part.replace(controls, escapeOf)))
		.join("")
		.replace(commandStart, (_, begin: string, blanks: string) => `${begin}${blanks}\\u003a:`)
		.replace(oldCommand, "#\\u0023[");
}
