import type { KubeObject } from "../../kube/object.ts";
import { eventNameTime, parseTime } from "../../text/timestamp.ts";
import { eventLagNs, type Reading, secondNs } from "./fact.ts";

/** What an Event tells, whichever recorder wrote it and in whichever version of the API it was read. */
export interface PodEvent {
	/** The pod that it is about. */
	uid?: string;
	/** The container that it is about. */
	container?: string;
	reason?: string;
	message: string;
	/** When it was written, in ns of its writer's clock, as sharp as it says. */
	time?: Pick<Reading, "bounds" | "source">;
}

interface Subject {
	uid?: string;
	fieldPath?: string;
}

/** The fields of `v1` and of `events.k8s.io/v1`; the API server sends null for a time that is not set. */
interface EventObject extends KubeObject {
	reason?: string;
	message?: string;
	note?: string;
	eventTime?: string | null;
	firstTimestamp?: string | null;
	lastTimestamp?: string | null;
	deprecatedFirstTimestamp?: string | null;
	deprecatedLastTimestamp?: string | null;
	count?: number | null;
	deprecatedCount?: number | null;
	involvedObject?: Subject;
	regarding?: Subject;
}

const microNs = 1_000n;

/** Reads an Event. An Event that stands for several of its kind is read as the first of them. */
export function readPodEvent(object: KubeObject): PodEvent {
	const event = object as EventObject;
	const subject = event.involvedObject ?? event.regarding;
	const container = /\{(.+)\}$/.exec(subject?.fieldPath ?? "")?.[1];
	const time = timeOf(event);
	return {
		message: event.message ?? event.note ?? "",
		...(event.reason === undefined ? {} : { reason: event.reason }),
		...(subject?.uid === undefined ? {} : { uid: subject.uid }),
		...(container === undefined ? {} : { container }),
		...(time === undefined ? {} : { time }),
	};
}

/**
 * The older recorder hides nanoseconds in the name and cuts `firstTimestamp` to seconds; the newer one writes
 * microseconds into `eventTime` and no `firstTimestamp` (client-go tools/record and tools/events).
 */
function timeOf(event: EventObject): PodEvent["time"] {
	const first = firstTimestampOf(event);
	const named = eventNameTime(event.metadata.name, first);
	if (named !== undefined) return { bounds: { lo: named, hi: named }, source: "event-name" };
	const micros = parseTime(event.eventTime);
	if (micros !== undefined) return { bounds: { lo: micros, hi: micros + microNs }, source: "event-time" };
	const second = parseTime(first);
	if (second === undefined) return undefined;
	// Cut to its second, and written up to so much after the fact.
	return { bounds: { lo: second - eventLagNs, hi: second + secondNs }, source: "status" };
}

function firstTimestampOf(event: EventObject): string | null | undefined {
	const first = event.firstTimestamp ?? event.deprecatedFirstTimestamp;
	const isTheOnlyOne = (event.count ?? event.deprecatedCount ?? 1) <= 1;
	return first ?? (isTheOnlyOne ? (event.lastTimestamp ?? event.deprecatedLastTimestamp) : undefined);
}
