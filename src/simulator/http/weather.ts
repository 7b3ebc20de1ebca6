import type { World } from "../world/world.ts";
import type { Weather } from "./server.ts";

/** The faults as the API server meets them, drawn from the seed. */
export function createWeather({ faults, random }: World): Weather {
	const forbidden = new Set(faults.forbidden ?? []);
	return {
		lagMs: () => (faults.watchLagMs === undefined ? 0 : faults.watchLagMs * random.unit("watchLag")),
		requestDelayMs: () => faults.slowApiMs ?? 0,
		throttledForSeconds: () =>
			faults.throttledRequests !== undefined && random.unit("throttled") < faults.throttledRequests ? 1 : undefined,
		isForbidden: (verb, resourceId) => forbidden.has(`${verb} ${resourceId}`),
	};
}
