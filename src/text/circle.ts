/** What is told of a value that {@link holdsItself}. */
export const holdsItselfWords = "an alias stands within its own anchor, so the value has no end";

/**
 * Whether a list or mapping holds itself, however far below: YAML can say so by an alias within its own anchor, and
 * whoever walks through such a value never comes to an end.
 */
export function holdsItself(value: unknown): boolean {
	return isCircular(value, { above: new Set(), known: new Set() });
}

/** @param at.above what the value stands in @param at.known what is known to hold no circle, for aliases may be many */
function isCircular(value: unknown, at: { above: Set<object>; known: Set<object> }): boolean {
	if (typeof value !== "object" || value === null || at.known.has(value)) return false;
	if (at.above.has(value)) return true;
	at.above.add(value);
	const found = Object.values(value).some((each) => isCircular(each, at));
	at.above.delete(value);
	at.known.add(value);
	return found;
}
