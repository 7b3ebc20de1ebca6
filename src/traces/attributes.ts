import { keptAttributes, type RecordedSpan } from "../recording/spans.ts";

/** The longest value that is kept. */
const longest = 300;

/** What a recording keeps of a span's attributes. */
export function kept(values: ReadonlyMap<string, unknown>): Pick<RecordedSpan, "attributes"> {
	const attributes = keptAttributes.flatMap((key) => {
		const value = values.get(key);
		return typeof value === "string" && value.length <= longest ? [[key, value] as const] : [];
	});
	return attributes.length === 0 ? {} : { attributes: Object.fromEntries(attributes) };
}
