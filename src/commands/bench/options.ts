import type { RenderOptions } from "../../output/report/render.ts";
import type { GateOptions } from "../gate/gate.ts";
import type { Where } from "./target.ts";

/** The options of `knistio bench`. */
export interface BenchOptions extends GateOptions {
	profiles: string[];
	/** Variants of them: names, files, or `all`. */
	variants: string[];
	iterations: number;
	/** How often every profile is installed; the iterations are shared out among these. */
	blocks: number;
	/** Of the order of installs and cold starts. */
	seed: number;
	/** Ends a profile's rounds when its median is known to ± this; `iterations` is then the limit. */
	untilMs?: number;
	/** Ends a profile's rounds when its verdicts are settled; `iterations` is then the limit. */
	untilVerdict?: boolean;
	image: string;
	/** The path of a Knative Service's manifest, which is measured instead of helloworld. */
	service?: string;
	/** The name of an existing Knative Service, which is measured as it is; nothing is deployed or changed then. */
	installed?: string;
	/** `GET /` by default. */
	request?: { method: string; path: string };
	/** Of each request; names in lower case. */
	headers?: Record<string, string>;
	/** Of each request: the body itself, or `@` and the name of a file. */
	body?: string;
	/** 200 by default. */
	expectStatus?: number;
	/** The answer must hold this; by default the value that $TARGET is set to, or anything from a service of one's own. */
	expectBody?: string;
	namespace: string;
	where: Where;
	knativeManifests: string[];
	useInstalled: boolean;
	/** Asks for one of the two shapes that istio-proxy can have in a pod. */
	sidecar?: "native" | "classic";
	gateway?: string;
	requestTimeoutSeconds?: number;
	/** How many copies of the service are used in rotation; as many as it takes where it is left out. */
	copies?: number;
	/** Whether the first start of each profile is measured too, with the pull of its images. */
	pull?: boolean;
	/** Whether the probes of costs and benefits look at each profile after its cold starts. */
	tradeoffs?: boolean;
	/** How many services are asked in the same instant; 1 is what is measured anyway. */
	burst?: readonly number[];
	/** How many idle services are there; 0 is what is measured anyway. */
	crowd?: readonly number[];
	timeoutMs: number;
	out: string[];
	/** The collector that traces are sent to. */
	otlp?: string;
	/** Where the cluster's own traces are: a backend's address, or a file; `simulated` for those of a simulated cluster. */
	traces?: string;
	/** The recording's path; false for none, undefined for one beside the first `out`. */
	record?: string | false;
	render: RenderOptions;
	keep: boolean;
	dryRun: boolean;
}
