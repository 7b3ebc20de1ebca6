import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import type { KubeObject } from "../../kube/api/cluster.ts";

/** Who holds the lock, as its record says. */
export interface Holder {
	/** Unlike that of any other process, on any machine. */
	identity: string;
	/** When it took the lock, on its own clock; empty where the record does not say. */
	since: string;
	place: Place | undefined;
}

const placeSchema = z.object({
	host: z.string(),
	pid: z.int().positive(),
	/** Of the kernel's present run: equal on one machine (or in its containers) until it is started anew. */
	bootId: z.string().exactOptional(),
	/** The inode of the PID namespace, in which alone the `pid` means this process. */
	pidNamespace: z.string().exactOptional(),
});

/** Where a process runs. */
export type Place = z.infer<typeof placeSchema>;

/** The annotation that holds the {@link Place}. */
export const placeAnnotation = "knistio.dev/lock-holder";

/** Where this process runs; what the system does not tell is left out. */
export function ownPlace(): Place {
	const bootId = readOrNothing(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
	const pidNamespace = readOrNothing(() => readlinkSync("/proc/self/ns/pid"));
	return {
		host: hostname(),
		pid: process.pid,
		...(bootId === "" ? {} : { bootId }),
		...(pidNamespace === "" ? {} : { pidNamespace }),
	};
}

/** What only Linux tells. */
function readOrNothing(read: () => string): string {
	try {
		return read();
	} catch {
		return "";
	}
}

/** Who holds a Lease; undefined where nobody does. */
export function holderOf(lease: KubeObject | undefined): Holder | undefined {
	const { holderIdentity, acquireTime } = (lease?.spec ?? {}) as Record<string, unknown>;
	if (typeof holderIdentity !== "string" || holderIdentity === "") return undefined;
	return {
		identity: holderIdentity,
		since: typeof acquireTime === "string" ? acquireTime : "",
		place: placeOf(lease?.metadata.annotations?.[placeAnnotation]),
	};
}

function placeOf(text: unknown): Place | undefined {
	try {
		return placeSchema.parse(JSON.parse(String(text)));
	} catch {
		return undefined;
	}
}

/**
 * Whether it is certain that the holder has ended: its number belongs to no process in the same PID namespace of the
 * same kernel. A number means nothing elsewhere, so that whatever is unknown or differs is no proof.
 */
export function hasEnded({ place }: Holder, here: Place): boolean {
	if (place?.host !== here.host) return false;
	if (place.bootId === undefined || place.bootId !== here.bootId) return false;
	if (place.pidNamespace === undefined || place.pidNamespace !== here.pidNamespace) return false;
	try {
		process.kill(place.pid, 0);
		return false;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "ESRCH";
	}
}

/** `process 12 on my-laptop, since 2026-01-01T00:00:00Z`, as messages name a holder. */
export function describeHolder({ identity, since, place }: Holder): string {
	const who = place === undefined ? identity : `process ${place.pid} on ${place.host}`;
	return since === "" ? who : `${who}, since ${since}`;
}
