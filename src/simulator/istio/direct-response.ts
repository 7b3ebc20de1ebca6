import { load } from "js-yaml";
import { isRecord } from "../api/fields.ts";
import type { Container, Pod } from "../api/objects.ts";

interface Route {
	match?: { query_parameters?: { name: string; string_match?: { exact?: string } }[] };
	direct_response?: { status?: number; body?: { inline_string?: string } };
}

/** What an Envoy with a configuration of its own answers by itself; undefined for a pod that has none. */
export function directResponse(pod: Pod, path: string): { status: number; body: string } | undefined {
	const query = new URLSearchParams(/\?(.*)$/s.exec(path)?.[1] ?? "");
	const routes = pod.spec.containers.flatMap(routesOf);
	const found = routes.find(({ match }) =>
		(match?.query_parameters ?? []).every(({ name, string_match }) => query.get(name) === string_match?.exact),
	);
	const { status, body } = found?.direct_response ?? {};
	return status === undefined ? undefined : { status, body: body?.inline_string ?? "" };
}

function routesOf({ args = [] }: Container): Route[] {
	const text = args[args.indexOf("--config-yaml") + 1];
	if (!args.includes("--config-yaml") || text === undefined) return [];
	return routesBelow(load(text));
}

/** The routes of every virtual host, wherever the filters are that have them. */
function routesBelow(value: unknown): Route[] {
	if (Array.isArray(value)) return value.flatMap(routesBelow);
	if (!isRecord(value)) return [];
	const own = Array.isArray(value.routes) ? (value.routes as Route[]) : [];
	return [...own, ...Object.values(value).flatMap(routesBelow)];
}
