/** Text of other people on one line: line breaks and indentation of theirs become single spaces. */
export const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

/**
 * Text on one line that Markdown and HTML show as it is, also at the start of a line, where `#`, `-`, `+`, `=` and `1.` would
 * begin a heading or a list. Underscores inside a word are no markup.
 */
export function literalMarkdown(text: string): string {
	return oneLine(text)
		.replace(/[\\`*|<>[\]~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, (character) => `\\${character}`)
		.replace(/^(?=(?:#{1,6}|[+-])(?: |$)|-+$|=+$)/, "\\")
		.replace(/^(\d+)([.)])(?= |$)/, "$1\\$2");
}

/** A name as code in a cell of a Markdown table. */
export const codeMarkdown = (name: string): string =>
	`\`${oneLine(name).replaceAll("`", "'").replaceAll("|", "\\|")}\``;
