import { binomialProbabilities } from "../../analysis/statistics/binomial.ts";
import type { KubeObject } from "../../kube/api/cluster.ts";
import { seen } from "../cells.ts";
import { outsideMesh } from "./outside-mesh.ts";
import type { Findings, Probe, ToDeploy, Visit } from "./probe.ts";
import { stayingUpService } from "./staying-up.ts";

const requests = 200;
/** What the second revision is to get, and the tag under whose host it gets all. */
const percent = 10;
const tag = "second";
/** So seldom the split that was asked for looks so far from itself. */
const leastP = 0.001;

/** Two revisions of a service, 90 to 10: how many requests each gets, and whom the tag's host leads to. */
export const routingProbe: Probe = {
	title: "traffic routing",
	columns: ["routing"],
	deploys: (visit) => [revisionOf(visit, "first")],
	async run(visit) {
		const name = nameOf(visit);
		const { host } = await visit.deployed(name);
		const tagged = await visit.deploy(revisionOf(visit, "second"), tag);
		return observe(visit, { host, tagHost: tagged.host, name });
	},
};

const nameOf = ({ serviceName }: ToDeploy) => `${serviceName}-split`;

const targetOf = ({ target }: ToDeploy, which: "first" | "second") => `${target}-${which}`;

/**
 * A service whose revisions may answer at once and have no proxy, so that no policy keeps them from it: the gateway alone
 * is looked at.
 */
function revisionOf(visit: ToDeploy, which: "first" | "second"): KubeObject {
	const { profile, namespace, image } = visit;
	const name = nameOf(visit);
	const [first, second] = [`${name}-first`, `${name}-second`];
	const manifest = stayingUpService(outsideMesh(profile), {
		namespace,
		name,
		image,
		target: targetOf(visit, which),
		named: { name: which === "first" ? first : second, tag },
	});
	const traffic =
		which === "first"
			? [{ revisionName: first, percent: 100 }]
			: [
					{ revisionName: first, percent: 100 - percent },
					{ revisionName: second, percent, tag },
				];
	return { ...manifest, spec: { ...(manifest.spec as object), traffic } };
}

/** The gateway learns of a new split a moment after the service is Ready. */
const settleMs = 10_000;

interface Split {
	host: string;
	tagHost: string;
	name: string;
}

async function observe(visit: Visit, { host, tagHost, name }: Split): Promise<Findings> {
	const { session } = visit;
	const deadlineAt = session.clock.now() + settleMs;
	let ofTag = await whoAnswers(visit, tagHost);
	while (ofTag !== "second" && session.clock.now() < deadlineAt) {
		await session.clock.sleep(250, session.signal);
		ofTag = await whoAnswers(visit, tagHost);
	}
	const counts = { first: 0, second: 0, nobody: 0 };
	for (let sent = 0; sent < requests; sent++) {
		session.signal.throwIfAborted();
		counts[await whoAnswers(visit, host)]++;
	}
	const p = binomialP(counts.second, requests, percent / 100);
	const isSplit = counts.nobody === 0 && p >= leastP;
	const virtualServices = await virtualServicesOf(visit, name);
	const evidence = [
		`of ${requests} requests ${counts.first} got to the revision with ${100 - percent} % and ${counts.second} to that with ${percent} %`,
		counts.nobody === 0
			? `exact binomial test: p = ${p < 0.001 ? p.toExponential(1) : p.toFixed(3)}`
			: `${counts.nobody} to neither`,
		`the tag's host ${ofTag === "second" ? "leads to its revision" : `does not lead to its revision, but to ${ofTag}`}`,
		virtualServices.length === 0
			? "no VirtualService of it was found"
			: `by VirtualService ${virtualServices.join(", ")}`,
	].join("; ");
	const cells = [seen("routing", isSplit && ofTag === "second", { evidence })];
	return { cells, changed: [`deployed Service ${name} with two revisions and removed it`] };
}

async function whoAnswers(visit: Visit, host: string): Promise<"first" | "second" | "nobody"> {
	const { text = "", status } = await visit.send({ host });
	if (status !== 200) return "nobody";
	if (text.includes(targetOf(visit, "first"))) return "first";
	return text.includes(targetOf(visit, "second")) ? "second" : "nobody";
}

/** Two-sided: the chance of a count that is no likelier than this one. */
export function binomialP(count: number, n: number, chance: number): number {
	const probabilities = binomialProbabilities(n, chance);
	const own = probabilities[count] ?? 0;
	return Math.min(
		1,
		probabilities.reduce((sum, each) => sum + (each <= own * (1 + 1e-7) ? each : 0), 0),
	);
}

async function virtualServicesOf({ session, namespace }: Visit, service: string): Promise<string[]> {
	const query = { apiVersion: "networking.istio.io/v1", kind: "VirtualService", namespace };
	const found = await session.cluster.list(query, session.signal);
	return found.map(({ metadata }) => metadata.name).filter((name) => name.startsWith(`${service}-`));
}
