import { ApiError } from "./api-error.ts";
import {
	type Access,
	type Cluster,
	describeRef,
	groupOf,
	type KubeObject,
	type ListQuery,
	type ObjectRef,
	type RawAnswer,
	type Resource,
} from "./cluster.ts";
import { openDiscovery } from "./discovery.ts";
import { type Kubeconfig, type KubeconfigChoice, loadKubeconfig } from "./kubeconfig.ts";
import { pause } from "./pause.ts";
import { openTransport, type RequestOptions } from "./transport.ts";

/** The field manager under which knistio's server-side applies appear in `managedFields`. */
export const fieldManager = "knistio";
const pageSize = 500;
/** How often a call is repeated that an overloaded API server asks to be sent later. */
const mostRepetitions = 10;

/** Opens the cluster that a kubeconfig names; only the kubeconfig is read, nothing is sent yet. */
export async function openKube(choice: KubeconfigChoice): Promise<Cluster> {
	return openCluster(await loadKubeconfig(choice));
}

/** The port to a cluster over raw JSON, which keeps every field of every kind as the server sent it. */
export async function openCluster(kubeconfig: Kubeconfig, sleep = pause): Promise<Cluster> {
	let connection = await kubeconfig.connect();
	const transport = await openTransport(connection);

	async function renew() {
		connection = await kubeconfig.connect();
		transport.renew(connection);
		return connection;
	}

	/** Credentials may run out in a long run: a 401 asks for new ones, once. */
	async function send(method: string, path: string, options?: RequestOptions) {
		const answer = await transport.request(method, path, options);
		if (answer.status !== 401) return answer;
		await renew();
		return transport.request(method, path, options);
	}

	/** `doing` begins the message of a failure, such as `apply Deployment istio-system/istiod`. */
	async function call(doing: string, method: string, path: string, options?: RequestOptions): Promise<unknown> {
		let answer = await send(method, path, options);
		for (let count = 0; count < mostRepetitions && isToRepeat(answer); count++) {
			await sleep(Number(answer.headers["retry-after"]) * 1000, options?.signal);
			answer = await send(method, path, options);
		}
		const json = parse(answer.body);
		if (answer.status >= 200 && answer.status < 300 && json !== undefined) return json;
		throw refusal(doing, answer.status, json, answer.body);
	}

	const discovery = openDiscovery((path) => call("discover what the API serves", "GET", path));

	/** The discovery is shared by all who wait for it, so that an abort ends the wait and not the asking. */
	function find({ apiVersion, kind }: { apiVersion: string; kind: string }, signal: AbortSignal | undefined) {
		return unlessAborted(discovery.find(apiVersion, kind), signal);
	}

	async function pathTo(ref: ObjectRef, doing: string, signal?: AbortSignal): Promise<string> {
		const resource = await find(ref, signal);
		if (resource === undefined) throw unknownKind(ref, doing);
		return `${collection(resource, ref.namespace)}/${encodeURIComponent(ref.name)}`;
	}

	const cluster: Cluster = {
		context: kubeconfig.context,
		connection: async (again) => (again ? renew() : connection),
		resource: (apiVersion, kind, signal) => find({ apiVersion, kind }, signal),
		resources: (signal) => unlessAborted(discovery.all(), signal),

		async get(ref, signal) {
			if ((await find(ref, signal)) === undefined) return undefined;
			const doing = `get ${describeRef(ref)}`;
			return unlessMissing(call(doing, "GET", await pathTo(ref, doing, signal), withSignal(signal)));
		},

		async list(query, signal) {
			const resource = await find(query, signal);
			if (resource === undefined) return [];
			try {
				return await listAll(query, resource, signal);
			} catch (error) {
				// The kind's definition was removed since it was discovered.
				if (error instanceof ApiError && error.status === 404) return [];
				throw error;
			}
		},

		async apply(object, { force = true, dryRun = false, signal } = {}) {
			const ref = { ...object, ...object.metadata };
			const doing = `apply ${describeRef(ref)}`;
			const query = new URLSearchParams({ fieldManager, force: String(force) });
			if (dryRun) query.set("dryRun", "All");
			const path = await pathTo({ apiVersion: object.apiVersion, kind: object.kind, ...nameOf(object) }, doing, signal);
			const answer = await call(doing, "PATCH", `${path}?${query}`, {
				headers: { "Content-Type": "application/apply-patch+yaml" },
				body: JSON.stringify(object),
				...withSignal(signal),
			});
			return answer as KubeObject;
		},

		async create(object, signal) {
			const doing = `create ${describeRef({ kind: object.kind, ...nameOf(object) })}`;
			const resource = await find(object, signal);
			if (resource === undefined) throw unknownKind({ ...object, ...nameOf(object) }, doing);
			const path = `${collection(resource, object.metadata.namespace)}?fieldManager=${fieldManager}`;
			const body = JSON.stringify(object);
			return (await call(doing, "POST", path, {
				headers: { "Content-Type": "application/json" },
				body,
				...withSignal(signal),
			})) as KubeObject;
		},

		async patch(ref, patch, signal) {
			const doing = `patch ${describeRef(ref)}`;
			return (await call(doing, "PATCH", `${await pathTo(ref, doing, signal)}?fieldManager=${fieldManager}`, {
				headers: { "Content-Type": "application/merge-patch+json" },
				body: JSON.stringify(patch),
				...withSignal(signal),
			})) as KubeObject;
		},

		async remove(ref, { gracePeriodSeconds, propagation, uid, resourceVersion, signal } = {}) {
			if ((await find(ref, signal)) === undefined) return false;
			const doing = `delete ${describeRef(ref)}`;
			const answer = call(doing, "DELETE", await pathTo(ref, doing, signal), {
				headers: { "Content-Type": "application/json" },
				body: JSON.stringify({
					...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
					...(propagation === undefined ? {} : { propagationPolicy: propagation }),
					...(uid === undefined && resourceVersion === undefined ? {} : { preconditions: { uid, resourceVersion } }),
				}),
				...withSignal(signal),
			});
			return (await unlessMissing(answer)) !== undefined;
		},

		allowed: (access, signal) => reviewAccess(access, signal),
		raw: send,
		close: transport.close,
	};

	async function listAll(query: ListQuery, resource: Resource, signal?: AbortSignal): Promise<KubeObject[]> {
		const doing = `list ${resource.plural}${query.namespace === undefined ? "" : ` in ${query.namespace}`}`;
		const objects: KubeObject[] = [];
		let next: string | undefined;
		do {
			const parameters = new URLSearchParams({ limit: String(pageSize) });
			if (query.labelSelector !== undefined) parameters.set("labelSelector", query.labelSelector);
			if (query.fieldSelector !== undefined) parameters.set("fieldSelector", query.fieldSelector);
			if (next !== undefined) parameters.set("continue", next);
			const path = `${collection(resource, query.namespace)}?${parameters}`;
			const page = (await call(doing, "GET", path, withSignal(signal))) as {
				items: Omit<KubeObject, "apiVersion" | "kind">[];
				metadata: { continue?: string };
			};
			// The items of a list come without the two fields that name their kind.
			for (const item of page.items) {
				objects.push({ apiVersion: query.apiVersion, kind: query.kind, ...item } as KubeObject);
			}
			next = page.metadata.continue || undefined;
		} while (next !== undefined);
		return objects;
	}

	async function reviewAccess(access: Access, signal?: AbortSignal): Promise<boolean> {
		const review = await call("ask what is allowed", "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify({
				apiVersion: "authorization.k8s.io/v1",
				kind: "SelfSubjectAccessReview",
				spec: { resourceAttributes: access },
			}),
			...withSignal(signal),
		});
		return (review as { status?: { allowed?: boolean } }).status?.allowed === true;
	}

	return cluster;
}

/** The URL path of a kind's objects. */
export function collection(resource: Resource, namespace?: string): string {
	const root = groupOf(resource.apiVersion) === "" ? "/api" : "/apis";
	const space = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
	return `${root}/${resource.apiVersion}${space}/${resource.plural}`;
}

function nameOf(object: KubeObject): { name: string; namespace?: string } {
	const { name, namespace } = object.metadata;
	return namespace === undefined ? { name } : { name, namespace };
}

const withSignal = (signal?: AbortSignal): RequestOptions => (signal === undefined ? {} : { signal });

function parse(body: Buffer): unknown {
	if (body.length === 0) return {};
	try {
		return JSON.parse(body.toString("utf8"));
	} catch {
		return undefined;
	}
}

function refusal(doing: string, status: number, json: unknown, body: Buffer): ApiError {
	const answer = (json ?? {}) as { kind?: string; message?: string; reason?: string };
	const said = answer.kind === "Status" ? answer.message : body.toString("utf8", 0, 300).trim();
	const hint =
		status === 401
			? "the API server does not accept these credentials; log in again"
			: status === 403
				? "the message names the missing verb and resource; the README lists the rights that knistio needs"
				: json === undefined && status < 300
					? "this is no answer of an API server; something in between, such as a login page, gave it"
					: undefined;
	return new ApiError(`${doing}: ${said || `HTTP ${status}`}`, {
		status,
		...(answer.reason === undefined ? {} : { reason: answer.reason }),
		...(hint === undefined ? {} : { hint }),
	});
}

/** As client-go: only what the server itself asks to send again, which it then has not begun to do. */
function isToRepeat({ status, headers }: RawAnswer): boolean {
	return (status === 429 || status >= 500) && /^[0-9]{1,2}$/.test(String(headers["retry-after"]));
}

function unlessAborted<T>(answer: Promise<T>, signal?: AbortSignal): Promise<T> {
	if (signal === undefined) return answer;
	return new Promise((resolve, reject) => {
		const onAbort = () => reject(signal.reason);
		signal.addEventListener("abort", onAbort, { once: true });
		answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
		if (signal.aborted) onAbort();
	});
}

function unknownKind(ref: { apiVersion: string; kind: string }, doing: string): ApiError {
	return new ApiError(`${doing}: the cluster does not know the kind ${ref.kind} of ${ref.apiVersion}`, {
		status: 404,
		hint: "its CustomResourceDefinition is not installed",
	});
}

async function unlessMissing(answer: Promise<unknown>): Promise<KubeObject | undefined> {
	try {
		return (await answer) as KubeObject;
	} catch (error) {
		if (error instanceof ApiError && error.status === 404) return undefined;
		throw error;
	}
}
