import { ClusterError } from "../errors.ts";
import { goDurationMs } from "../text/duration.ts";

/** How long a service takes to go to zero after its last request, by its own settings and Knative's; ms. */
export interface WayToZero {
	/** For which the autoscaler must see no request. */
	windowMs: number;
	/** A scale-down waits so long (`scale-down-delay`). */
	delayMs: number;
	/** The last pod stays so long at least (`scale-to-zero-pod-retention-period`). */
	retentionMs: number;
	/** How long the activator may take to be in the way of requests (`scale-to-zero-grace-period`). */
	graceMs: number;
	/** For which a pod that ends may still answer; kubelet ends it then. */
	timeoutMs: number;
}

const prefix = "autoscaling.knative.dev/";
/** queue-proxy waits no longer for late requests. */
const longestDrainMs = 30_000;
/** The autoscaler looks every 2 s, and a slow control plane needs a moment. */
const slackMs = 30_000;

/**
 * Reads it.
 * @param annotations of the revision
 * @param config what config-autoscaler says
 * @param timeoutSeconds of the revision
 * @throws ClusterError for a duration that Knative could not read
 */
export function wayToZero(
	annotations: Record<string, string>,
	config: Record<string, string>,
	timeoutSeconds: number,
): WayToZero {
	const read = (annotation: string | undefined, key: string, usualMs: number) => {
		const own = annotation === undefined ? undefined : annotations[prefix + annotation];
		const text = own ?? config[key];
		const ms = text === undefined ? usualMs : goDurationMs(text);
		if (ms !== undefined && ms >= 0) return ms;
		const where = own === undefined ? `config-autoscaler: ${key}` : `annotation ${prefix}${annotation}`;
		throw new ClusterError(
			`${where} is "${text}", which is no duration: it is not known when the service goes to zero`,
			{
				hint: "such as 60s",
			},
		);
	};
	return {
		windowMs: read("window", "stable-window", 60_000),
		delayMs: read("scale-down-delay", "scale-down-delay", 0),
		retentionMs: read("scale-to-zero-pod-retention-period", "scale-to-zero-pod-retention-period", 0),
		graceMs: read(undefined, "scale-to-zero-grace-period", 30_000),
		timeoutMs: timeoutSeconds * 1000,
	};
}

/** After the last request, the autoscaler asks for no pod no earlier than this; ms. */
const zeroAfterMs = ({ windowMs, delayMs, retentionMs }: WayToZero): number => windowMs + delayMs + retentionMs;

/** Usually the last pod is gone by then; ms. The grace is needed only where the activator is not in the way yet. */
export function goneByMs({ windowMs, delayMs, retentionMs, graceMs, timeoutMs }: WayToZero): number {
	return windowMs + delayMs + Math.max(graceMs, retentionMs) + Math.min(timeoutMs, longestDrainMs);
}

/** `usually 60 s to 120 s: window 60 s, …`. */
export function describeWait(zero: WayToZero): string {
	return `usually ${seconds(zeroAfterMs(zero))} to ${seconds(goneByMs(zero))}: ${describeWay(zero)}`;
}

const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`;

/** Who still wants a pod then has been asked again; ms after the last request. */
export function wantedAtMostMs({ windowMs, delayMs, retentionMs, graceMs }: WayToZero): number {
	return windowMs + delayMs + Math.max(graceMs, retentionMs) + slackMs;
}

/** A pod that is not wanted any more is gone by then, or something holds it; ms. */
export const endsWithinMs = ({ timeoutMs }: WayToZero): number => Math.max(timeoutMs, longestDrainMs) + slackMs;

/** `window 60 s, up to 30 s of grace, up to 30 s until the pod has ended`. */
function describeWay({ windowMs, delayMs, retentionMs, graceMs, timeoutMs }: WayToZero): string {
	return [
		`window ${seconds(windowMs)}`,
		...(delayMs === 0 ? [] : [`scale-down delay ${seconds(delayMs)}`]),
		...(retentionMs === 0 ? [] : [`retention of the last pod ${seconds(retentionMs)}`]),
		`up to ${seconds(graceMs)} of grace`,
		`up to ${seconds(Math.min(timeoutMs, longestDrainMs))} until the pod has ended`,
	].join(", ");
}
