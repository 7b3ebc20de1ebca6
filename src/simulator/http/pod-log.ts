import type { Api } from "../api/api.ts";
import { type Pod, uidOf } from "../api/objects.ts";
import { badRequest, notFound, StatusError } from "../api/status-error.ts";
import type { ContainerLogs, LogLine } from "../world/logs.ts";
import { containersOf } from "../world/runtime.ts";
import { type Exchange, isSet } from "./exchange.ts";
import type { ResourcePath } from "./paths.ts";

/** Answers `GET …/pods/NAME/log` with `follow`, `timestamps`, `sinceTime` and `container`, as kubelet does. */
export function sendPodLog(
	{ api, logs }: { api: Api; logs: ContainerLogs },
	{ request, response, query }: Exchange,
	{ namespace, name = "" }: ResourcePath,
): void {
	const pod = api.get<Pod>("pods", { namespace, name });
	if (pod === undefined) throw missingPod(api, name);
	const container = query.get("container") ?? pod.spec.containers[0]?.name ?? "";
	if (!containersOf(pod).some((each) => each.name === container)) {
		throw badRequest(`container ${container} is not valid for pod ${name}`);
	}
	const uid = uidOf(pod);
	if (logs.read(uid, container) === undefined) {
		throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ContainerCreating`);
	}
	const sinceNs = sinceOf(query.get("sinceTime"));
	const isStamped = isSet(query, "timestamps");
	const lineOf = ({ atNs, text }: LogLine) => `${isStamped ? `${stampOf(atNs)} ` : ""}${text}\n`;
	response.writeHead(200, { "content-type": "text/plain", "cache-control": "no-cache, private" });
	response.flushHeaders();
	let sent = 0;
	const sendNew = () => {
		const log = logs.read(uid, container);
		const fresh = (log?.lines ?? []).slice(sent);
		sent += fresh.length;
		const text = fresh.filter(({ atNs }) => atNs >= sinceNs).map(lineOf);
		if (text.length > 0) response.write(text.join(""));
		if (log?.isOpen === true && isSet(query, "follow")) return;
		stop();
		response.end();
	};
	const stop = logs.onChange(sendNew);
	request.on("close", stop);
	sendNew();
}

function missingPod({ resources }: Api, name: string): StatusError {
	const resource = resources.byId("pods");
	if (resource !== undefined) return notFound({ resource, name });
	return new StatusError("pods are not served", { code: 404, reason: "NotFound" });
}

/** Whole seconds, as the API server passes the time on to kubelet. */
function sinceOf(text: string | null): bigint {
	const ms = text === null ? Number.NaN : Date.parse(text.replace(/\.\d+/, ""));
	return Number.isNaN(ms) ? 0n : BigInt(ms) * 1_000_000n;
}

function stampOf(ns: bigint): string {
	const seconds = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
	return `${seconds}.${String(ns % 1_000_000_000n).padStart(9, "0")}Z`;
}
