import type { Fault } from "./fault.ts";
import { count, type Parameter, periodMs } from "./parameters.ts";

/** When others begin to ask a service, and how often. */
export interface ForeignTraffic {
	/** Once the service has been asked so many times. */
	afterRequests: number;
	/** From then on, simulated ms. */
	everyMs: number;
}

const parameter: Parameter<ForeignTraffic> = {
	wanted: `an object with afterRequests, ${count.wanted}, and everyMs, ${periodMs.wanted}`,
	accepts: (value): value is ForeignTraffic => {
		const { afterRequests, everyMs } = (value ?? {}) as Record<string, unknown>;
		return count.accepts(afterRequests) && periodMs.accepts(everyMs);
	},
};

/** As on a cluster that people use: knistio is not the only one that asks the service under test. */
export const foreignTraffic: Fault<ForeignTraffic> = {
	about: "Once a service has been asked this often, somebody else asks it too, once per this many simulated ms.",
	parameter,
	hooks: ({ afterRequests, everyMs }) => ({
		foreignRequestEveryMs: (asked) => (asked === afterRequests ? everyMs : undefined),
	}),
	trials: [
		{
			name: "foreign-traffic",
			about: "somebody else asks the services too",
			faults: { foreignTraffic: { afterRequests: 3, everyMs: 61_000 } },
			pod: "none",
		},
	],
};
