import { InvalidArgumentError } from "commander";
import { KnistioError, UsageError } from "../../errors.ts";
import { viaApiServer } from "../../knative/route.ts";
import { parseCount, parseDuration } from "../../text/duration.ts";
import { parseImage, parseNamespace, parseText } from "../../text/names.ts";
import { nearest } from "../../text/nearest.ts";
import { parseShare } from "../../text/share.ts";
import { refusal } from "./usage-error.ts";

/** Turns a parser into one that refuses a value as commander expects it; commander names the option itself. */
export function argument<T>(parse: (text: string, where: string) => T): (text: string) => T {
	return (text) => {
		try {
			return parse(text, "value");
		} catch (error) {
			if (!(error instanceof KnistioError)) throw error;
			const message = error.message.replace(/^value: /, "");
			throw new InvalidArgumentError(refusal(message, error.hint));
		}
	};
}

/** Collects an option that may be given several times. */
export const collect = (value: string, before: string[] = []): string[] => [...before, text(value)];

/** Names with commas between; the option may be given several times. */
export const names = (value: string, before: string[] = []): string[] => [
	...before,
	...value.split(",").map((name) => text(name.trim())),
];

/** A path, a name or another text that must not be empty. */
export const text = argument(parseText);
export const namespace = argument(parseNamespace);
export const image = argument(parseImage);
/** `5%` or `0.05`. */
export const share = argument(parseShare);
/** `2s` in milliseconds. */
export const durationMs = argument(parseDuration);
/** `±50ms`, also without its sign, in milliseconds. */
export const precisionMs = argument((text, where) => parseDuration(text.replace(/^\s*(±|\+\/?-)/, ""), where));

/** A precision in milliseconds, or `verdict`. */
export const precisionOrVerdict = (text: string): number | "verdict" =>
	text.trim() === "verdict" ? "verdict" : precisionMs(text);

/** One of some names. @param what they name */
export const oneOf = (what: string, names: readonly string[]) =>
	argument((text, where) => {
		if (names.includes(text)) return text;
		const meant = nearest(text, names);
		const hint = meant === undefined ? `allowed: ${names.join(", ")}` : `did you mean ${meant}?`;
		throw new UsageError(`${where}: there is no ${what} "${text}"`, { hint });
	});

/** A whole number of at least so many. */
export const count = (least: number) => argument((text, where) => parseCount(text, least, where));

/** `1,5,25`: whole numbers of at least so many. */
export const counts = (least: number) =>
	argument((text, where) => text.split(",").map((each) => parseCount(each.trim(), least, where)));

/** `http://10.0.0.1:31380`; without its scheme an address is easily taken for something else. */
export const address = argument((text, where) => {
	if (text === viaApiServer) return text;
	if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
	throw new UsageError(`${where}: "${text}" is not an address`, {
		hint: `such as http://10.0.0.1:31380, or ${viaApiServer}`,
	});
});

/** An HTTP address in which nothing is secret. */
function plainAddress(text: string, where: string, { hint, secret }: { hint: string; secret: string }): string {
	if (!URL.canParse(text)) throw new UsageError(`${where}: "${text}" is not an address`, { hint });
	const { protocol, username, password } = new URL(text);
	if (!/^https?:$/.test(protocol)) throw new UsageError(`${where}: "${text}" is not an HTTP address`, { hint });
	if (username === "" && password === "") return text;
	throw new UsageError(`${where}: the address holds a password`, { hint: secret });
}

/** The address of an OpenTelemetry collector. */
export const collectorUrl = argument((text, where) =>
	plainAddress(text, where, {
		hint: "such as http://localhost:4318",
		secret: "put authorization=… into OTEL_EXPORTER_OTLP_HEADERS instead",
	}),
);

const traceBackend = {
	hint: "such as http://localhost:16686",
	secret: "forward a port of the backend instead: `kubectl port-forward`",
};

/** The address of a backend that is asked for traces. */
export const tracesUrl = argument((text, where) => plainAddress(text, where, traceBackend));

/** A trace backend's address, or a file. */
export const tracesWhere = argument((text, where) => {
	const path = parseText(text, where);
	return /^[a-z][a-z+.-]*:\/\//i.test(path) ? plainAddress(path, where, traceBackend) : path;
});

/** Leaves out what was not given, for options whose absence means something. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
		[K in keyof T]?: Exclude<T[K], undefined>;
	};
}
