import { keyOf } from "../api/objects.ts";
import type { EndpointSlice } from "../controllers/endpoints.ts";
import { hasSidecar } from "../istio/injection.ts";
import { createDebounce, createMinimalPeriod, type Noted } from "../queueing/batches.ts";
import type { World } from "../world/world.ts";
import { readyActivators } from "./mesh-mode.ts";

/** How changed endpoints get to who sends requests to a service: by istiod to sidecars, otherwise by kube-proxy. */
export interface EndpointPushes {
	/**
	 * Calls back when the last change of a slice (`namespace/name`) has got to the activator: `usualMs` from now if nothing
	 * else changes meanwhile.
	 */
	onArrived(slice: string, usualMs: number, callback: () => void): void;
}

/** The last changes of one slice. */
interface Changes {
	istiod?: Noted;
	proxy?: Noted;
}

/** Follows all slices: each change may delay the push of the others. */
export function followEndpoints(world: World): EndpointPushes {
	const { api, clock } = world;
	const { pushQuietMs, pushLongestMs, proxySyncMs } = world.model.limits;
	const istiod = createDebounce(clock, { quietMs: pushQuietMs, longestMs: pushLongestMs });
	const proxy = createMinimalPeriod(clock, proxySyncMs);
	const changes = new Map<string, Changes>();
	api.watch("endpointslices.discovery.k8s.io", ({ type, object, previous }) => {
		const key = keyOf(object.metadata);
		const own = changes.get(key) ?? {};
		if (type === "DELETED") changes.delete(key);
		else changes.set(key, own);
		const [before, after] = [addressesOf(previous), type === "DELETED" ? noAddresses : addressesOf(object)];
		// istiod knows nothing of addresses that are not ready.
		if (before.ready !== after.ready) own.istiod = istiod.note();
		if (before.all !== after.all) own.proxy = proxy.note();
	});
	return {
		onArrived(slice, usualMs, callback) {
			const askedAt = clock.now();
			const isMesh = readyActivators(world).some(hasSidecar);
			const noted = changes.get(slice)?.[isMesh ? "istiod" : "proxy"];
			const arrive = (lateMs: number) => clock.at(Math.max(clock.now(), askedAt + (usualMs + lateMs) * 1e6), callback);
			if (noted === undefined || noted.isDone()) arrive(0);
			else noted.onDone(arrive);
		},
	};
}

const noAddresses = { ready: "", all: "" };

function addressesOf(slice: unknown): { ready: string; all: string } {
	const endpoints = (slice as EndpointSlice | undefined)?.endpoints ?? [];
	const ready = endpoints.filter(({ conditions }) => conditions.ready);
	return { ready: ready.map(({ addresses }) => addresses).join(), all: JSON.stringify(endpoints) };
}
