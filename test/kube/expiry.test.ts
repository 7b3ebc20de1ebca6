import { expect, it, onTestFinished } from "vitest";
import { openCluster } from "../../src/kube/api/client.ts";
import { startApiServer } from "../support/api-server.ts";
import { connectionTo } from "./connection.ts";

it("asks for new credentials before the known end of the old ones makes the server refuse", async () => {
	const server = await startApiServer();
	server.on("GET /version", {});
	const ends = [Date.now() - 1, Date.now() + 3_600_000];
	let count = 0;
	const cluster = await openCluster({
		context: "x",
		connect: async () =>
			connectionTo(server.origin, {
				headers: { Authorization: `Bearer ${++count}` },
				expiresAtMs: ends[count - 1] ?? Number.POSITIVE_INFINITY,
			}),
	});
	onTestFinished(() => cluster.close());
	for (let call = 0; call < 2; call++) await cluster.raw("GET", "/version");
	expect(server.calls.map(({ headers }) => headers.authorization)).toEqual(["Bearer 2", "Bearer 2"]);
});
