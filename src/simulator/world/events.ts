import { type KubeObject, uidOf } from "../api/objects.ts";
import { toMicros, toSeconds } from "../clock/clock.ts";
import type { World } from "./world.ts";

/** What a component records about an object. */
export interface EventDetails {
	about: KubeObject;
	reason: string;
	message: string;
	type?: "Normal" | "Warning";
	component: string;
	node?: string;
	/** `spec.containers{name}`. */
	fieldPath?: string;
	/** New-style events have their time in µs; old ones in seconds, and in ns in their name. */
	action?: string;
}

/** The API server forgets events after an hour. */
const keptMs = 3_600_000;

/**
 * Records an Event as client-go's recorders do: it is named `<object>.<hex ns>` and delivered a little later, of a
 * kubelet much later if it has many. The fault `lostEvents` loses some.
 */
export function recordEvent(world: World, details: EventDetails): void {
	const { about } = details;
	const atNs = details.node === undefined ? world.serverEpochNs() : world.nodeEpochNs(details.node);
	const key = `${about.metadata.namespace}/${about.metadata.name}`;
	if (world.faults.isEventLost(key)) return;
	const event = eventOf(details, atNs);
	const throttledMs = (details.node && world.machines.get(details.node)?.events.take()) || 0;
	world.clock.after(throttledMs + world.delays.of("eventDelivery", key), () => {
		const namespace = world.api.store.read("namespaces", event.metadata.namespace ?? "");
		if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return;
		if (world.api.get("events", event.metadata) !== undefined) return;
		world.api.create(event, { manager: details.component });
		world.clock.after(keptMs, () => forget(world, event));
	});
}

function forget({ api }: World, event: KubeObject): void {
	const known = api.get<KubeObject>("events", event.metadata);
	const resource = api.resources.byId("events");
	if (known !== undefined && resource !== undefined) api.remove(resource, event.metadata, {});
}

function eventOf(details: EventDetails, atNs: bigint): KubeObject {
	const { about, component, node, action } = details;
	const isNewStyle = action !== undefined;
	const seconds = toSeconds(atNs);
	return {
		apiVersion: "v1",
		kind: "Event",
		metadata: { name: `${about.metadata.name}.${atNs.toString(16)}`, namespace: about.metadata.namespace ?? "default" },
		involvedObject: {
			kind: about.kind,
			...(about.metadata.namespace === undefined ? {} : { namespace: about.metadata.namespace }),
			name: about.metadata.name,
			uid: uidOf(about),
			apiVersion: about.apiVersion,
			resourceVersion: about.metadata.resourceVersion,
			...(details.fieldPath === undefined ? {} : { fieldPath: details.fieldPath }),
		},
		reason: details.reason,
		message: details.message,
		source: isNewStyle ? {} : { component, ...(node === undefined ? {} : { host: node }) },
		firstTimestamp: isNewStyle ? null : seconds,
		lastTimestamp: isNewStyle ? null : seconds,
		...(isNewStyle ? { action } : { count: 1 }),
		type: details.type ?? "Normal",
		eventTime: isNewStyle ? toMicros(atNs) : null,
		reportingComponent: component,
		reportingInstance: node ?? (isNewStyle ? `${component}-simulated` : ""),
	};
}
