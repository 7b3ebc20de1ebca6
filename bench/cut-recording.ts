/**
 * Cuts one cold start of one profile out of a recording, for test/recordings:
 *
 *   node bench/cut-recording.ts RECORDING PROFILE ROUND > test/recordings/NAME.ndjson
 *
 * Objects stay whole. Left out are other samples, what is watched but not folded, all but the pings next to the sample,
 * what says something of the machine rather than of Kubernetes, and the machine's address.
 */
import { readFile } from "node:fs/promises";
import type { Entry } from "../src/recording/entries.ts";
import { withoutSecrets } from "../src/recording/without-secrets.ts";
import { pingsAround } from "../src/timing/clocks/watch-lag.ts";

const [path = "", profile = "", round = ""] = process.argv.slice(2);
const entries = (await readFile(path, "utf8"))
	.split("\n")
	.filter((line) => line !== "")
	.map((line) => JSON.parse(line) as Entry);

const ofMachine = ["client", "kernel", "node-shape"];
const kept: Entry[] = [];
let pings: Entry[] = [];
/** Profiles that take turns with this one: their entries are mixed with its own. */
let turns = [profile];
let isProfile = false;
let isSample = false;
/** The revision of the sample, where it says so: what concerns another one is left out. */
let revision: string | undefined;
/** After the answer and Ready only the end of the pod comes, which nothing is made of. */
let endsAt: bigint | undefined;

for (const entry of entries) {
	if (entry.kind === "run" || entry.kind === "end") {
		kept.push(entry);
		if (entry.kind === "run") turns = entry.order?.turns.find((names) => names.includes(profile)) ?? turns;
	} else if (entry.kind === "profile") {
		isProfile = turns.includes(entry.profile.name);
		const known = Object.entries(entry.fingerprint).filter(([key]) => !ofMachine.includes(key));
		if (entry.profile.name === profile) kept.push({ ...entry, fingerprint: Object.fromEntries(known) });
	} else if (isProfile) consider(entry);
}
process.stdout.write(kept.map((entry) => `${withoutAddress(JSON.stringify(entry))}\n`).join(""));

function consider(entry: Entry): void {
	if (entry.kind === "clock") kept.push(entry);
	else if (entry.kind === "sample") {
		isSample = String(entry.round) === round && (entry.profile ?? profile) === profile;
		revision = entry.revision;
		if (isSample) kept.push(...pings.slice(-pingsAround / 2), entry);
	} else if (!isSample) {
		if (entry.kind === "ping") pings = [...pings.slice(-pingsAround), entry];
	} else if (entry.kind === "sample-end") {
		kept.push(entry);
		isSample = false;
	} else if (endsAt === undefined || BigInt(entry.at) < endsAt) {
		if (entry.kind === "watch" && (entry.watch === "podautoscalers" || isOfAnother(entry.object))) return;
		if (entry.kind === "watch") {
			kept.push({ ...entry, object: withoutSecrets(entry.object) });
		} else kept.push(entry);
		if (entry.kind === "request") endsAt = BigInt(entry.at) + 3_000_000_000n;
	}
}

function isOfAnother({ metadata }: { metadata: { labels?: Record<string, string> } }): boolean {
	const of = metadata.labels?.["serving.knative.dev/revision"];
	return revision !== undefined && of !== undefined && of !== revision;
}

/** An address of the documentation (RFC 5737) instead. */
function withoutAddress(line: string): string {
	return line.replaceAll(/\b198\.1[89]\.(\d+)\.(\d+)\b/g, (_, __, last) => `192.0.2.${last}`);
}
