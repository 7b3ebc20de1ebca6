import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { ClusterError, InterruptedError, UsageError } from "../../src/errors.ts";
import { type GivenGateway, requireGivenGateway } from "../../src/knative/given-gateway.ts";

const unknown = async (host: string) => {
	throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" });
};

function look(given: string | undefined, more: Partial<GivenGateway> = {}) {
	const tried: string[] = [];
	const { signal } = new AbortController();
	const canConnect = async (host: string, port: number) => tried.push(`${host}:${port}`) > 0;
	const done = requireGivenGateway({ given, isInstalled: true, signal, resolve: async () => {}, canConnect, ...more });
	return { done, tried };
}

describe("a given gateway", () => {
	it.each([
		["http://gateway.example.com", "gateway.example.com:80"],
		["https://gateway.example.com/", "gateway.example.com:443"],
		["http://10.0.0.1:31380", "10.0.0.1:31380"],
		["http://[fd00::1]:8080/", "fd00::1:8080"],
	])("%s is connected to", async (given, address) => {
		const { done, tried } = look(given);
		await done;
		expect(tried).toEqual([address]);
	});

	it("has no more than a name before it is installed", async () => {
		const { done, tried } = look("http://gateway.example.com", { isInstalled: false });
		await done;
		expect(tried).toEqual([]);
		const { done: nameless } = look("http://gatway.example.com", { isInstalled: false, resolve: unknown });
		const message = "--gateway: the name gatway.example.com cannot be resolved (ENOTFOUND)";
		await expect(nameless).rejects.toMatchObject({ message, exitCode: 2, hint: expect.stringContaining("spelling") });
		await expect(nameless).rejects.toBeInstanceOf(UsageError);
	});

	it("that nobody listens at is the cluster's fault", async () => {
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as AddressInfo;
		const real = { given: `http://127.0.0.1:${port}`, isInstalled: true, signal: new AbortController().signal };
		await requireGivenGateway(real);
		await new Promise((resolve) => server.close(resolve));
		await expect(requireGivenGateway(real)).rejects.toThrow(ClusterError);
		await expect(requireGivenGateway(real)).rejects.toMatchObject({
			message: `--gateway: nothing accepts a connection at 127.0.0.1:${port}`,
			exitCode: 4,
		});
	});

	it("is not looked at where it is the API server's proxy, or none", async () => {
		for (const given of [undefined, "service-proxy"]) {
			const { done, tried } = look(given, { resolve: unknown });
			await done;
			expect(tried).toEqual([]);
		}
	});

	it("is not blamed for a Ctrl-C", async () => {
		const signal = AbortSignal.abort(new InterruptedError("SIGINT"));
		const { done } = look("http://10.0.0.1", { signal, canConnect: async () => false });
		await expect(done).rejects.toThrow("interrupted by SIGINT");
	});
});
