/** The first few of many, and how many more there are. */
export function listed(texts: readonly string[], most = 3): string {
	const more = texts.length - most;
	return more > 0 ? `${texts.slice(0, most).join(", ")} and ${more} more` : texts.join(", ");
}
