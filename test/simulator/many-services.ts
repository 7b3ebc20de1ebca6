import { conditionOf, type KubeObject, type Pod } from "../../src/simulator/api/objects.ts";
import type { GatewayAnswer } from "../../src/simulator/knative/gateway-exchange.ts";
import type { PodTruth, RequestTruth } from "../../src/simulator/world/truth.ts";
import { type Bench, type BenchOptions, openBench } from "./in-memory.ts";

/** A cluster without sockets that has many services, `many-0` and so on, in the namespace `bench`. */
export interface ManyServices {
	clock: Bench["clock"];
	world: Bench["world"];
	/** Makes them in batches, and lets time pass until all are ready and at zero. */
	makeAll(): void;
	/** Asks so many of them in the same instant; the answers that have come so far, by their names. */
	ask(count: number): ReadonlyMap<string, GatewayAnswer>;
	/** Asks so many of them, and lets time pass until all have answered. */
	burst(count: number): GatewayAnswer[];
	waitForZero(): void;
	/** The cold starts of the last burst, in the order of the services. */
	lastBurst(): { request: RequestTruth; pod: PodTruth }[];
	/** How many objects there are. */
	objects(): number;
}

const batch = 25;

export function openManyServices(options: BenchOptions & { services: number }): ManyServices {
	const { services, ...rest } = options;
	const bench = openBench(rest);
	const { clock, world, gateway } = bench;
	const { api } = world;
	const names = Array.from({ length: services }, (_, index) => `many-${index}`);
	const asked = { before: 0, count: 0 };

	function until(what: string, isSo: () => boolean): void {
		for (let passedMs = 0; passedMs < 3_600_000; passedMs += 100) {
			if (isSo()) return;
			clock.advance(100);
		}
		throw new Error(`never: ${what}`);
	}

	const isReady = (name: string) => {
		const service = api.get<KubeObject>("services.serving.knative.dev", { namespace: "bench", name });
		const status = service?.status as { conditions?: Parameters<typeof conditionOf>[0] } | undefined;
		return conditionOf(status?.conditions, "Ready")?.status === "True";
	};
	const waitForZero = () => until("zero", () => api.list<Pod>("pods", "bench").length === 0);

	function ask(count: number): ReadonlyMap<string, GatewayAnswer> {
		const answers = new Map<string, GatewayAnswer>();
		asked.before = world.truth.read().requests.length;
		asked.count = count;
		for (const name of names.slice(0, count)) {
			const host = `${name}.bench.example.com`;
			gateway.handle({ host, path: "/", headers: {} }, (answer) => answers.set(name, answer));
		}
		return answers;
	}

	return {
		clock,
		world,
		makeAll() {
			for (let start = 0; start < names.length; start += batch) {
				const made = names.slice(start, start + batch);
				for (const name of made) api.create(serviceOf(name, options), { manager: "test" });
				until("ready", () => made.every(isReady));
			}
			waitForZero();
		},
		ask,
		burst(count) {
			const answers = ask(count);
			until("answers", () => answers.size === count);
			return names.slice(0, count).flatMap((name) => answers.get(name) ?? []);
		},
		waitForZero,
		lastBurst() {
			const truth = world.truth.read();
			const pods = new Map(truth.pods.map((pod) => [pod.uid, pod]));
			return truth.requests.slice(asked.before, asked.before + asked.count).map((request) => {
				const pod = pods.get(request.podUid ?? "");
				if (pod === undefined) throw new Error(`${request.host} was answered by no pod`);
				return { request, pod };
			});
		},
		objects: () => api.resources.all().reduce((sum, { id }) => sum + api.list(id).length, 0),
	};
}

function serviceOf(name: string, { shape, annotations }: BenchOptions): KubeObject {
	const metadata = {
		annotations: {
			"autoscaling.knative.dev/window": "6s",
			...(shape === "classic" ? { "sidecar.istio.io/nativeSidecar": "false" } : {}),
			...annotations,
		},
	};
	const containers = [{ image: "dev.local/helloworld-go:1", env: [{ name: "TARGET", value: "knistio" }] }];
	return {
		apiVersion: "serving.knative.dev/v1",
		kind: "Service",
		metadata: { name, namespace: "bench" },
		spec: { template: { metadata, spec: { containers } } },
	};
}
