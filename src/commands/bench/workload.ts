import { randomBytes } from "node:crypto";
import type { Context } from "../../context/context.ts";
import { changeLines } from "../../knative/own/changes.ts";
import { type OwnService, readOwnService } from "../../knative/own/service.ts";
import { contentHash } from "../../kube/content-hash.ts";
import { serviceName } from "../../measure/deployment.ts";
import { describeRequest, type ServiceRequest } from "../../measure/observing/request.ts";
import type { Fingerprint } from "../../report/report.ts";
import type { BenchOptions } from "./options.ts";

/** What is started cold, and what is asked of it. */
export interface Workload {
	/** The user's own service; undefined for helloworld. */
	own?: OwnService;
	/** The value of helloworld's $TARGET. */
	target: string;
	asked: ServiceRequest;
	/** What of it makes two reports incomparable; empty for helloworld and its usual request. */
	fingerprint: Fingerprint;
}

type WorkloadOptions = Pick<
	BenchOptions,
	"service" | "installed" | "request" | "headers" | "body" | "expectStatus" | "expectBody"
>;

/** Reads what the options name. @throws UsageError for what cannot be read or measured */
export async function readWorkload(options: WorkloadOptions, context: Context): Promise<Workload> {
	const { service, installed, request, headers, expectStatus, expectBody } = options;
	const own = service === undefined ? undefined : readOwnService(await context.readFile(service), service);
	const body = await readBody(options.body, context);
	const target = expectBody ?? `knistio-${randomBytes(4).toString("hex")}`;
	const asked: ServiceRequest = {
		...request,
		...(headers === undefined ? {} : { headers }),
		...(body === undefined ? {} : { body }),
		...(expectStatus === undefined ? {} : { expectStatus }),
		expectBody: own === undefined && installed === undefined ? target : (expectBody ?? ""),
	};
	return {
		...(own === undefined ? {} : { own }),
		target,
		asked,
		fingerprint: {
			...(own === undefined ? {} : { service: own.hash }),
			...requestFingerprint(asked),
		},
	};
}

async function readBody(body: string | undefined, context: Context): Promise<string | Uint8Array | undefined> {
	if (body?.startsWith("@") !== true) return body;
	return context.readBytes(body.slice(1));
}

/** Values of headers may be secret, so their names alone are kept; of query and body a hash. */
function requestFingerprint({ method, path = "/", headers, body, expectStatus }: ServiceRequest): Fingerprint {
	if ([method, headers, body, expectStatus].every((part) => part === undefined)) return {};
	const query = path.replace(/^[^?]*/, "");
	const content = body === undefined ? "" : Buffer.from(body).toString("base64");
	const parts = [
		describeRequest({ ...(method === undefined ? {} : { method }), path }),
		...(query === "" && content === "" ? [] : [contentHash([query, content], 8)]),
		...Object.keys(headers ?? {}).sort(),
		...(expectStatus === undefined ? [] : [`→ ${expectStatus}`]),
	];
	return { request: parts.join(" ") };
}

/** What measuring changes of the user's service, a line each; none for helloworld. */
export function workloadChanges({ own }: Workload, namespace: string): string[] {
	if (own === undefined) return [];
	const title = `the service ${own.name} is measured with these changes:`;
	return [title, ...changeLines(own, { name: serviceName, namespace }).map((line) => `  ${line}`)];
}
