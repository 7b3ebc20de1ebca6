import { expect, test } from "vitest";
import { prove } from "../../src/timing/proof.ts";
import type { Loose } from "../support/recorded.ts";

/** The verdict on a cold start that is proven, but for these changes. */
function verdict({
	sample = {},
	request = {},
	seen = {},
}: {
	sample?: object;
	request?: object | null;
	seen?: object;
}) {
	const record: Loose = {
		sample: { podsBefore: [], replicasBefore: 0, ...sample },
		request: request === null ? undefined : { status: 200, bodyMatches: true, body: "hi", ...request },
	};
	const all: Loose = { sentAt: 100n, scaled: { at: 101n, isListed: false }, pods: [{}], ...seen };
	return prove(record, all);
}

const trouble = { pods: [{}, { trouble: "it crashed" }] };
test("a request of one's own has its own status, and is named with what it was answered", () => {
	const asked = { method: "POST", path: "/v1/x", expectStatus: 201 };
	const verdictOn = (status: number) => {
		const record: Loose = {
			sample: { podsBefore: [], replicasBefore: 0 },
			request: { status, bodyMatches: true },
			asked,
		};
		return prove(record, { sentAt: 100n, scaled: { at: 101n, isListed: false }, pods: [{}] } as Loose);
	};
	expect(verdictOn(201)).toEqual({ outcome: "cold" });
	for (const status of [200, 404]) {
		const reason = `the answer to POST /v1/x was HTTP ${status}`;
		expect(verdictOn(status)).toEqual({ outcome: "failed", reason });
	}
});

test.each([
	["nothing wrong", {}, "cold", undefined],
	["scaled at the same time", { seen: { scaled: { at: 100n, isListed: false } } }, "cold", undefined],
	[
		"pods before",
		{ sample: { podsBefore: ["p", "q"] } },
		"warm",
		"2 pod(s) of the revision were there before the request",
	],
	[
		"replicas before",
		{ sample: { replicasBefore: 1 } },
		"warm",
		"the Deployment asked for 1 pod(s) before the request",
	],
	["replicas unknown", { sample: { replicasBefore: undefined } }, "unresolved", "the Deployment was not seen at zero"],
	["no request", { request: null }, "unresolved", "the run ended before the request was answered"],
	["an error", { request: { error: "reset" } }, "failed", "reset"],
	["an error with trouble", { request: { error: "reset" }, seen: trouble }, "failed", "reset (it crashed)"],
	["HTTP 503", { request: { status: 503 } }, "failed", "the answer was HTTP 503"],
	[
		"HTTP 503 with trouble",
		{ request: { status: 503 }, seen: trouble },
		"failed",
		"the answer was HTTP 503 (it crashed)",
	],
	["another body", { request: { bodyMatches: false } }, "failed", "the answer is not the service's: hi"],
	["no body", { request: { bodyMatches: undefined, body: undefined } }, "failed", "the answer is not the service's: "],
	[
		"scaled before",
		{ seen: { scaled: { at: 99n } } },
		"warm",
		"the Deployment was scaled up before the request was sent",
	],
	["not scaled", { seen: { scaled: undefined } }, "unresolved", "the Deployment was not seen to scale up"],
	[
		"a gap",
		{ seen: { scaled: { at: 101n, isListed: true } } },
		"unresolved",
		"the Deployment scaled up while its watch had a gap",
	],
	["no pod", { seen: { pods: [] } }, "unresolved", "no new pod was seen"],
] as const)("a cold start is proven or told why not: %s", (_, changes, outcome, reason) => {
	expect(verdict(changes as object)).toEqual(reason === undefined ? { outcome } : { outcome, reason });
});
