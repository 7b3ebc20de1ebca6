import type { World } from "../world/world.ts";

/**
 * Clients that are not the one under test, where a fault wants them.
 * @param ask sends one of their requests to a host
 * @returns to be told of each request of the client under test
 */
export function startOtherClients(
	{ clock, faults }: Pick<World, "clock" | "faults">,
	ask: (host: string) => void,
): (host: string) => void {
	const asked = new Map<string, number>();
	const askEvery = (host: string, everyMs: number) => {
		clock.after(everyMs, () => {
			ask(host);
			askEvery(host, everyMs);
		});
	};
	return (host) => {
		const count = (asked.get(host) ?? 0) + 1;
		asked.set(host, count);
		const everyMs = faults.foreignRequestEveryMs(count);
		if (everyMs !== undefined) askEvery(host, everyMs);
	};
}
