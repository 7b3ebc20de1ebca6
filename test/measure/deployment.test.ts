import { describe, expect, it } from "vitest";
import type { Cluster, KubeObject } from "../../src/kube/api/cluster.ts";
import type { Session } from "../../src/kube/wait/task.ts";
import { type Deployment, deployCopy, deployFirstCopy, type Sharing } from "../../src/measure/deployment.ts";
import { loadProfiles } from "../../src/profile/load.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { openLiveState } from "../../src/recording/live-state.ts";
import { sessionOn } from "../support/session.ts";
import { aPod, seen } from "./revision.ts";

const [loaded] = await loadProfiles(["full"]);
if (loaded === undefined) throw new Error("no profile");
const full: Profile = loaded;
const classic: Profile = { ...full, name: "classic", podAnnotations: { "sidecar.istio.io/nativeSidecar": "false" } };

interface Manifest {
	spec: {
		template: { metadata: { name?: string }; spec: { timeoutSeconds: number } };
		traffic?: { revisionName?: string; tag?: string; percent: number; latestRevision?: true }[];
	};
}

/** A Knative that makes at once what is applied; a pod takes so many seconds to be Ready. */
function knative({ readyAfterSeconds = 1 } = {}) {
	const applied: Manifest[] = [];
	const state = openLiveState();
	const cluster = {
		async apply(object: KubeObject) {
			const manifest = object as unknown as Manifest;
			applied.push(manifest);
			const of = manifest.spec.template.metadata.name ?? `helloworld-0000${applied.length}`;
			const from = Date.parse("2026-11-23T10:00:00Z");
			const time = (seconds: number) => new Date(from + seconds * 1000).toISOString();
			const conditions = [{ type: "Ready", status: "True", lastTransitionTime: time(readyAfterSeconds) }];
			const pod = aPod(of, { of, metadata: { creationTimestamp: time(0) }, status: { conditions } });
			state.add(seen("pods", pod, "ADDED"));
			return { ...object, metadata: { ...object.metadata, generation: applied.length } };
		},
		async get() {
			const { traffic = [], template } = applied.at(-1)?.spec ?? { template: { metadata: {} } };
			const revision = template.metadata.name ?? `helloworld-0000${applied.length}`;
			return {
				status: {
					observedGeneration: applied.length,
					url: "http://helloworld.knistio.example.com",
					latestCreatedRevisionName: revision,
					latestReadyRevisionName: revision,
					conditions: [{ type: "Ready", status: "True" }],
					traffic: traffic.map((each) => ({ ...each, url: `http://${each.tag}-helloworld.knistio.example.com` })),
				},
			};
		},
	} as unknown as Cluster;
	return { applied, state, cluster };
}

function orderOn(world: ReturnType<typeof knative>, more: Partial<Deployment> = {}): [Session, Deployment] {
	const deployment = {
		state: world.state,
		namespace: "knistio",
		image: "hello:1",
		target: "mark",
		requestTimeoutSeconds: undefined,
		copies: undefined,
		...more,
	};
	return [sessionOn(world.cluster, { timeoutMs: 1_000 }), deployment];
}

const alone = (profile: Profile): Sharing => ({
	profile,
	before: [],
	isShared: false,
	limits: new Map(),
	profiles: 1,
	starts: 11,
});

describe("a profile that has the service to itself", () => {
	it("is a service as anybody would deploy it", async () => {
		const world = knative();
		const { service, timeoutSeconds } = await deployFirstCopy(...orderOn(world), alone(full));
		expect(service.host).toBe("helloworld.knistio.example.com");
		expect(timeoutSeconds).toBe(15);
		expect(world.applied).toHaveLength(1);
		expect(world.applied[0]?.spec).not.toHaveProperty("traffic");
		expect(world.applied[0]?.spec.template.metadata).not.toHaveProperty("name");
	});

	it("is deployed again with a longer limit when it starts too slowly for the first, and keeps that limit", async () => {
		const limits = new Map<Profile, number>();
		const world = knative({ readyAfterSeconds: 9 });
		const first = await deployFirstCopy(...orderOn(world), { ...alone(full), limits });
		expect(first.timeoutSeconds).toBe(25);
		expect(world.applied.map(({ spec }) => spec.template.spec.timeoutSeconds)).toEqual([15, 25]);
		const again = knative({ readyAfterSeconds: 2 });
		const second = await deployFirstCopy(...orderOn(again), { ...alone(full), limits });
		expect(second.timeoutSeconds).toBe(25);
		expect(again.applied.map(({ spec }) => spec.template.spec.timeoutSeconds)).toEqual([25]);
	});
});

describe("profiles that share the service", () => {
	it("have a revision and a host each, and those before keep theirs", async () => {
		const world = knative();
		const sharing = { isShared: true, limits: new Map(), profiles: 2, starts: 11 };
		const first = await deployFirstCopy(...orderOn(world), { ...sharing, profile: full, before: [] });
		const before: Sharing["before"] = [{ profile: full, copies: [first.service] }];
		const second = await deployFirstCopy(...orderOn(world), { ...sharing, profile: classic, before });
		expect([first.service.host, second.service.host]).toEqual([
			"full-helloworld.knistio.example.com",
			"classic-helloworld.knistio.example.com",
		]);
		expect(first.service.revision).toMatch(/^helloworld-full-[0-9a-f]{6}$/);
		expect(world.applied[1]?.spec.traffic).toEqual([
			{ latestRevision: true, percent: 100 },
			{ revisionName: first.service.revision, tag: "full", percent: 0 },
			{ revisionName: second.service.revision, tag: "classic", percent: 0 },
		]);
	});

	it("never have another content under the name of a revision that may be there already", async () => {
		const nameOf = async (profile: Profile, more: Partial<Deployment> = {}) => {
			const sharing = { ...alone(profile), isShared: true };
			return (await deployFirstCopy(...orderOn(knative(), more), sharing)).service.revision;
		};
		const name = await nameOf(full);
		expect(await nameOf(full)).toBe(name);
		const others = await Promise.all([
			nameOf(full, { target: "another mark" }),
			nameOf(full, { image: "hello:2" }),
			nameOf(full, { requestTimeoutSeconds: 20 }),
			nameOf({ ...full, podAnnotations: { a: "b" } }),
			nameOf({ ...full, podLabels: { a: "b" } }),
		]);
		expect(new Set([name, ...others]).size).toBe(6);
	});
});

describe("copies of the service", () => {
	it("are as many as it takes for one of them to be at zero whenever it is wanted", async () => {
		const copies = async (readyAfterSeconds: number, more: Partial<Sharing> = {}) => {
			const world = knative({ readyAfterSeconds });
			return (await deployFirstCopy(...orderOn(world), { ...alone(full), ...more })).copies;
		};
		expect(await copies(4)).toBe(5);
		expect(await copies(1)).toBe(6);
		expect(await copies(4, { starts: 2 })).toBe(2);
		expect(await copies(4, { profiles: 2 })).toBe(3);
	});

	it("are as many as was asked for, and as the profile had that was deployed before it", async () => {
		const asked = await deployFirstCopy(...orderOn(knative(), { copies: 3 }), alone(full));
		expect(asked.copies).toBe(3);
		const before = [{ profile: full, copies: [asked.service, asked.service] }] as const;
		const next = await deployFirstCopy(...orderOn(knative()), { ...alone(classic), before });
		expect(next.copies).toBe(2);
	});

	it("is one where a policy selects the service by its name, which the others do not have", async () => {
		const selector = { matchLabels: { "serving.knative.dev/service": "helloworld" } };
		const [policy] = full.policy;
		if (policy === undefined) throw new Error("full has policies");
		const byName = { ...full, policy: [{ ...policy, spec: { ...(policy.spec as object), selector } }] };
		expect((await deployFirstCopy(...orderOn(knative(), { copies: 3 }), alone(byName))).copies).toBe(1);
	});

	it("differ from the first in nothing but their name, and keep the revisions of their own service", async () => {
		const world = knative();
		const sharing = { ...alone(classic), isShared: true, timeoutSeconds: 15 };
		const first = await deployFirstCopy(...orderOn(world), sharing);
		const service = (name: string, revision: string) => ({
			ref: { ...first.service.ref, name },
			revision,
			host: `${name}.example`,
		});
		const copies = [
			service("helloworld", "h-1"),
			service("helloworld-2", "h-2"),
			service("helloworld-3", "h-3"),
		] as const;
		const third = await deployCopy(...orderOn(world), { ...sharing, before: [{ profile: full, copies }], copy: 3 });
		const [one, three] = world.applied;
		expect(third.ref.name).toBe("helloworld-3");
		expect(three?.spec.traffic?.[1]).toEqual({ revisionName: "h-3", tag: "full", percent: 0 });
		expect(three?.spec.template.metadata.name).toMatch(/^helloworld-3-classic-/);
		expect(three?.spec.template.spec).toEqual(one?.spec.template.spec);
		const bare = ({ name: _, ...rest }: { name?: string } = {}) => rest;
		expect(bare(three?.spec.template.metadata)).toEqual(bare(one?.spec.template.metadata));
	});
});
