import { load } from "js-yaml";
import { isRecord } from "../api/fields.ts";

/** What of a profile can be a knob: annotations of pods, Istio's settings, and objects about traffic. */
export interface Knobs {
	podAnnotations: Record<string, string>;
	values: Record<string, unknown>;
	meshConfig: Record<string, unknown>;
	traffic: readonly { kind: string; metadata: { name: string } }[];
}

/** Paths of settings, down to which the simulation does something with them. */
const simulated = [
	"sidecar.istio.io/nativeSidecar",
	"sidecar.istio.io/inject",
	"inject.istio.io/templates",
	"proxy.istio.io/config holdApplicationUntilProxyStarts",
	"meshConfig extensionProviders",
	"meshConfig defaultProviders accessLogging",
	"meshConfig defaultConfig holdApplicationUntilProxyStarts",
	"values profile",
	"values global proxy autoInject",
	"values sidecarInjectorWebhook templates",
];

/** The settings of a profile that have no effect on a simulated cluster, in the words of whoever wrote them. */
export function withoutModel({ podAnnotations, values, meshConfig, traffic }: Knobs): string[] {
	const annotations = Object.entries(podAnnotations).flatMap(([key, text]) => {
		const inner = key === "proxy.istio.io/config" ? load(text) : undefined;
		return isRecord(inner) ? settingsIn(inner, [key]) : [[key]];
	});
	const settings = [...annotations, ...settingsIn(values, ["values"]), ...settingsIn(meshConfig, ["meshConfig"])];
	const unknown = settings.filter((path) => !simulated.some((known) => `${path.join(" ")} `.startsWith(`${known} `)));
	return [...unknown.map(inWords), ...traffic.map(({ kind, metadata }) => `${kind} ${metadata.name}`)];
}

/** The paths of the values in a mapping; a list is one value. */
function settingsIn(fields: Record<string, unknown>, path: readonly string[]): string[][] {
	return Object.entries(fields).flatMap(([key, value]) =>
		isRecord(value) ? settingsIn(value, [...path, key]) : [[...path, key]],
	);
}

/** `meshConfig.discoverySelectors`, `proxy.istio.io/config: concurrency`. */
function inWords([first = "", ...rest]: readonly string[]): string {
	if (rest.length === 0) return first;
	return first.includes("/") ? `${first}: ${rest.join(".")}` : [first, ...rest].join(".");
}
