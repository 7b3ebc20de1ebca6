import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { describeRoute, findGateway, findSameGateway } from "../../src/knative/gateway.ts";
import type { Cluster, KubeObject } from "../../src/kube/api/cluster.ts";

const service = (spec: object, status: object = {}): KubeObject => ({
	apiVersion: "v1",
	kind: "Service",
	metadata: { name: "istio-ingressgateway", namespace: "istio-system" },
	spec,
	status,
});
const ports = [
	{ name: "status-port", port: 15021, nodePort: 30021 },
	{ name: "http2", port: 80, nodePort: 31380 },
	{ name: "https", port: 443, nodePort: 31390 },
];
const node = (...addresses: [string, string][]): KubeObject => ({
	apiVersion: "v1",
	kind: "Node",
	metadata: { name: "n" },
	status: { addresses: addresses.map(([type, address]) => ({ type, address })) },
});
const balanced = (...ingress: object[]) => ({ loadBalancer: { ingress } });
const nodes = [
	node(["InternalIP", "10.0.0.1"], ["Hostname", "n1"], ["ExternalIP", "1.2.3.4"]),
	node(["InternalIP", "10.0.0.2"]),
];

interface World {
	service?: KubeObject | undefined;
	nodes?: KubeObject[];
	/** `host:port` of what can be connected to. */
	open?: string[];
	given?: string;
}

async function find({ service, nodes = [], open = [], given }: World) {
	const tried: string[] = [];
	const cluster = { get: async () => service, list: async () => nodes } as Pick<Cluster, "get" | "list"> as Cluster;
	const route = await findGateway(cluster, {
		signal: new AbortController().signal,
		...(given === undefined ? {} : { given }),
		canConnect: async (host, port) => {
			tried.push(`${host}:${port}`);
			return open.includes(`${host}:${port}`);
		},
	});
	return { route, tried };
}

it("is what the user gives, unasked", async () => {
	const { route, tried } = await find({ given: "http://127.0.0.1:8080/" });
	expect(route).toEqual({ kind: "direct", url: "http://127.0.0.1:8080/", by: "given" });
	expect([tried, describeRoute(route)]).toEqual([[], "given"]);
});

it("is the load balancer before the nodes", async () => {
	const { route, tried } = await find({
		service: service({ ports }, balanced({ hostname: "lb.example.com" }, { ip: "5.6.7.8" })),
		nodes,
		open: ["5.6.7.8:80", "10.0.0.1:31380"],
	});
	expect(route).toEqual({ kind: "direct", url: "http://5.6.7.8:80/", by: "load balancer" });
	expect(tried.slice(0, 2)).toEqual(["lb.example.com:80", "5.6.7.8:80"]);
});

it("is a node's port, the outer address first", async () => {
	const { route, tried } = await find({ service: service({ ports }), nodes, open: ["10.0.0.2:31380"] });
	expect(route).toEqual({ kind: "direct", url: "http://10.0.0.2:31380/", by: "node port" });
	expect(tried).toEqual(["1.2.3.4:31380", "10.0.0.1:31380", "10.0.0.2:31380"]);
});

it("is tried at all addresses at once, of which the first in order is taken, however late it answers", async () => {
	let [open, most] = [0, 0];
	const released: string[] = [];
	const cluster = { get: async () => service({ ports }), list: async () => nodes } as unknown as Cluster;
	const route = await findGateway(cluster, {
		signal: new AbortController().signal,
		async canConnect(host, _, signal) {
			most = Math.max(most, ++open);
			await new Promise<void>((resolve) => {
				if (host === "10.0.0.2") signal.addEventListener("abort", () => resolve());
				else setTimeout(resolve, host === "10.0.0.1" ? 0 : 20);
			});
			released.push(host);
			return host !== "10.0.0.2";
		},
	});
	expect(route).toMatchObject({ url: "http://1.2.3.4:31380/" });
	expect(most).toBe(3);
	// Nobody waits for those that are of no use any more.
	expect(released).toEqual(["10.0.0.1", "1.2.3.4", "10.0.0.2"]);
});

it.each<[string, unknown, unknown]>([
	["ports", { ports: [null, 7, { port: "80" }, { port: 80, nodePort: 31380 }] }, { loadBalancer: { ingress: null } }],
	["addresses", { ports: [{ port: 80, nodePort: 31380 }] }, { loadBalancer: { ingress: [null, { ip: 7 }, {}] } }],
	["a status", { ports: [{ port: 80, nodePort: 31380 }] }, null],
])("is found where %s are not as promised", async (_, spec, status) => {
	const odd = { ...node(), status: { addresses: null } };
	const { route } = await find({
		service: service(spec as object, status as object),
		nodes: [odd, { ...node(), status: null }, ...nodes],
		open: ["10.0.0.2:31380"],
	});
	expect(route).toMatchObject({ url: "http://10.0.0.2:31380/" });
});

it("may have an IPv6 address", async () => {
	const { route } = await find({
		service: service({ ports }),
		nodes: [node(["InternalIP", "fd00::1"])],
		open: ["fd00::1:31380"],
	});
	expect(route).toMatchObject({ url: "http://[fd00::1]:31380/" });
});

it("is the API server's proxy where nothing can be reached", async () => {
	const proxy = (port: number) => ({
		kind: "service-proxy",
		path: `/api/v1/namespaces/istio-system/services/http:istio-ingressgateway:${port}/proxy/`,
	});
	const { route } = await find({ service: service({ ports }, balanced({ ip: "5.6.7.8" })), nodes });
	expect(route).toEqual(proxy(80));
	expect(describeRoute(route)).toBe("API server's service proxy");
	expect((await find({ service: service({ ports: [{ name: "http", port: 8080 }] }), nodes })).route).toEqual(
		proxy(8080),
	);
});

it("is the API server's proxy where it is asked for, whatever else can be reached", async () => {
	const { route, tried } = await find({
		service: service({ ports }),
		nodes,
		open: ["1.2.3.4:31380"],
		given: "service-proxy",
	});
	expect([route.kind, tried]).toEqual(["service-proxy", []]);
});

it("is missing where there is no such service", async () => {
	await expect(find({})).rejects.toMatchObject({
		exitCode: 4,
		message: expect.stringContaining("no Service istio-system/istio-ingressgateway"),
		hint: expect.stringContaining("--gateway"),
	});
});

describe("without a fake", () => {
	const cluster = (host: string, nodePort: number) =>
		({
			get: async () => service({ ports: [{ port: 80, nodePort }] }),
			list: async () => [node(["InternalIP", host])],
		}) as Pick<Cluster, "get" | "list"> as Cluster;

	it("connects to see whether something is there", async () => {
		const server = createServer((socket) => socket.destroy());
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as { port: number };
		const { signal } = new AbortController();
		expect(await findGateway(cluster("127.0.0.1", port), { signal })).toMatchObject({ by: "node port" });
		await new Promise((resolve) => server.close(resolve));
		expect(await findGateway(cluster("127.0.0.1", port), { signal })).toMatchObject({ kind: "service-proxy" });
	});
});

describe("in a later visit", () => {
	/** The node's port accepts connections from the look of this number on. */
	async function findAgain(before: string | undefined, acceptsFrom: number) {
		const cluster = {
			get: async () => service({ ports }),
			list: async () => [node(["InternalIP", "10.0.0.1"])],
		} as Pick<Cluster, "get" | "list"> as Cluster;
		let [looks, slept] = [0, 0];
		const route = findSameGateway(cluster, {
			before,
			signal: new AbortController().signal,
			canConnect: async () => ++looks >= acceptsFrom,
			sleep: async (ms) => {
				slept += ms;
			},
		});
		return { way: await route.then(describeRoute, (error: Error) => error), slept };
	}

	it("is waited for, if it is not yet reached as before", async () => {
		expect(await findAgain("node port", 3)).toEqual({ way: "node port", slept: 2_000 });
		expect(await findAgain(undefined, 3)).toEqual({ way: "API server's service proxy", slept: 0 });
	});

	it("is not reached another way, whose times could not be compared", async () => {
		const { way, slept } = await findAgain("node port", 1_000);
		expect(way).toMatchObject({ exitCode: 4, hint: expect.stringContaining("--gateway") });
		expect((way as Error).message).toContain("by node port before, and is now by API server's service proxy only");
		expect(slept).toBe(30_000);
	});
});
