import { describe, expect, it } from "vitest";
import { ClusterError, UsageError } from "../../src/errors.ts";
import { unlessSetAside } from "../../src/measure/set-aside.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import type { Profile } from "../../src/profile/profile.ts";
import type { ProgressEvent } from "../../src/progress.ts";
import type { Untimed } from "../../src/recording/entries.ts";

const [full, classic, hold] = (await loadProfiles(["full", "classic", "hold"])) as [Profile, Profile, Profile];

function trying(profiles: Profile[], signal = new AbortController().signal) {
	const entries: Untimed[] = [];
	const told: ProgressEvent[] = [];
	const [setAside, ended] = [new Set<Profile>(), new Set<Profile>()];
	const tried = { profiles, setAside, ended, record: (entry: Untimed) => entries.push(entry) };
	const attempt = <T>(work: () => Promise<T>) =>
		unlessSetAside({ signal, progress: (event) => told.push(event) }, tried, work);
	return { attempt, entries, told, setAside, ended };
}

const fail = (error: Error) => () => Promise.reject(error);
const refused = new ClusterError("no room for the pod");

describe("a variant that the cluster cannot do", () => {
	it("is recorded, told and left out of further rounds, and nothing is thrown", async () => {
		const { attempt, entries, told, setAside, ended } = trying([classic, hold]);
		expect(await attempt(fail(refused))).toBeUndefined();
		expect(entries).toEqual([
			{ kind: "set-aside", profile: "classic", reason: "no room for the pod" },
			{ kind: "set-aside", profile: "hold", reason: "no room for the pod" },
		]);
		expect(told.map((event) => ("text" in event ? event.text : ""))).toEqual([
			"classic is not measured: no room for the pod",
			"hold is not measured: no room for the pod",
		]);
		expect([[...setAside], [...ended]]).toEqual([
			[classic, hold],
			[classic, hold],
		]);
	});

	it("is measured where it can be", async () => {
		const { attempt, entries } = trying([classic]);
		expect(await attempt(async () => 7)).toBe(7);
		expect(entries).toEqual([]);
	});
});

describe("what ends the run all the same", () => {
	it.each([
		["a profile that is no variant", [full, classic], refused],
		["an error that is not the cluster's", [classic], new UsageError("no such file")],
		["a defect", [classic], new TypeError("undefined is not a function")],
	])("%s", async (_, profiles, error) => {
		const { attempt, entries } = trying(profiles);
		await expect(attempt(fail(error))).rejects.toBe(error);
		expect(entries).toEqual([]);
	});

	it("an interruption, whatever it made fail", async () => {
		const interrupted = AbortSignal.abort();
		const { attempt, setAside } = trying([classic], interrupted);
		await expect(attempt(fail(refused))).rejects.toBe(refused);
		expect(setAside.size).toBe(0);
	});
});
