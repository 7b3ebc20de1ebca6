import { UsageError } from "../errors.ts";

/**
 * The name of a namespace, which Kubernetes wants to be a label of RFC 1123.
 * @param where the option's name, for the message
 * @throws UsageError for any other text
 */
export function parseNamespace(text: string, where: string): string {
	if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text)) return text;
	throw new UsageError(`${where}: "${text}" is not a namespace name`, {
		hint: "small letters, digits and - between them, 63 at most, such as knistio",
	});
}

const domain = String.raw`[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?`;
const host = String.raw`((${domain}(\.${domain})*)|\[[0-9a-fA-F:]+\])(:\d+)?/`;
const path = String.raw`[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*`;
const imageReference = new RegExp(
	String.raw`^(${host})?${path}(/${path})*(:[\w][\w.-]{0,127})?(@[A-Za-z][\w+.-]*:[0-9a-fA-F]{32,})?$`,
);

/**
 * A container image as the container runtimes read it (the reference grammar of the distribution project).
 * @param where the option's name, for the message
 * @throws UsageError for any other text
 */
export function parseImage(text: string, where: string): string {
	if (imageReference.test(text)) return text;
	throw new UsageError(`${where}: "${text}" is not a container image`, {
		hint: "such as registry.example.com/helloworld:1",
	});
}

/**
 * A text that says something.
 * @param where the option's name, for the message
 * @throws UsageError for nothing or blanks only
 */
export function parseText(text: string, where: string): string {
	if (text.trim() !== "") return text;
	throw new UsageError(`${where}: it is empty`, { hint: "give a value, or leave the option out" });
}
