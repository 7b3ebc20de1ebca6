import { pause, unlessAborted } from "../../clock/pause.ts";
import { type Kubeconfig, type KubeconfigChoice, loadKubeconfig } from "../auth/kubeconfig.ts";
import { ApiError } from "../http/api-error.ts";
import { openTransport, type RequestOptions } from "../http/transport.ts";
import { objectOf, textOf } from "../untrusted.ts";
import { itemsIn, objectIn, wasWritten } from "./answers.ts";
import {
	type Access,
	type Cluster,
	describeRef,
	groupOf,
	type KubeObject,
	type ListQuery,
	type ObjectRef,
	type Resource,
} from "./cluster.ts";
import { openDiscovery } from "./discovery.ts";
import { jsonOf, refusal } from "./refusal.ts";
import { type RepetitionClock, repeatedly } from "./repetition.ts";

/** The field manager under which knistio's server-side applies appear in `managedFields`. */
export const fieldManager = "knistio";
const pageSize = 500;

const systemClock: RepetitionClock = { now: () => performance.now(), sleep: pause, random: Math.random };

/** Opens the cluster that a kubeconfig names; only the kubeconfig is read, nothing is sent yet. */
export async function openKube(choice: KubeconfigChoice): Promise<Cluster> {
	return openCluster(await loadKubeconfig(choice));
}

/**
 * The port to a cluster over raw JSON, which keeps every field of every kind as the server sent it. Calls that fail for a
 * reason that may pass are made again (see `repetition.ts`), but for raw ones, whose times count.
 */
export async function openCluster(kubeconfig: Kubeconfig, clock: RepetitionClock = systemClock): Promise<Cluster> {
	let connection = await kubeconfig.connect();
	const transport = await openTransport(connection);
	let isKnown = false;

	async function renew() {
		connection = await kubeconfig.connect();
		transport.renew(connection);
		return connection;
	}

	/** Credentials may run out in a long run: their known end and a 401 ask for new ones, the latter once. */
	async function send(method: string, path: string, options?: RequestOptions) {
		if (connection.expiresAtMs !== undefined && connection.expiresAtMs <= Date.now()) await renew();
		const answer = await transport.request(method, path, options);
		isKnown = true;
		if (answer.status !== 401) return answer;
		await renew();
		return transport.request(method, path, options);
	}

	/** `doing` begins the message of a failure, such as `apply Deployment istio-system/istiod`. */
	async function callOnce({ doing, method, path, ...options }: Call): Promise<unknown> {
		const answer = await send(method, path, options);
		const isOk = answer.status >= 200 && answer.status < 300;
		const json = answer.body.length === 0 && method === "DELETE" ? {} : jsonOf(answer.body.toString("utf8"));
		if (isOk && json !== undefined) return json;
		throw refusal(doing, answer);
	}

	const repeating = (signal: AbortSignal | undefined, patienceMs?: number) => ({
		clock,
		signal,
		isKnown: () => isKnown,
		patienceMs,
	});

	/** For what may be done twice without another outcome. */
	const call = (order: Call, patienceMs?: number) =>
		repeatedly(() => callOnce(order), repeating(order.signal, patienceMs));

	/**
	 * For a write that the server refuses the second time. Where an earlier attempt may have been done, the object tells
	 * whether it was: it is there with what was written.
	 */
	function write(order: Call, at: { ref: ObjectRef; path: string; written: unknown }): Promise<KubeObject> {
		const { doing, signal } = order;
		const look = async () => {
			const get: Call = { doing, method: "GET", path: at.path, ...withSignal(signal) };
			const found = await unlessMissing(callOnce(get));
			return found !== undefined && wasWritten(found, at.written) ? objectIn(found, at.ref, doing) : undefined;
		};
		return repeatedly(async (mayBeDone) => {
			if (!mayBeDone) return objectIn(await callOnce(order), at.ref, doing);
			const done = await look();
			if (done !== undefined) return done;
			try {
				return objectIn(await callOnce(order), at.ref, doing);
			} catch (error) {
				// It came through after the look.
				const late = error instanceof ApiError && error.status === 409 ? await look() : undefined;
				if (late === undefined) throw error;
				return late;
			}
		}, repeating(signal));
	}

	const discovery = openDiscovery((path, patienceMs) =>
		call({ doing: "discover what the API serves", method: "GET", path }, patienceMs),
	);

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
		resources: (signal, onUnread = () => {}) => unlessAborted(discovery.all(onUnread), signal),

		async get(ref, signal) {
			if ((await find(ref, signal)) === undefined) return undefined;
			const doing = `get ${describeRef(ref)}`;
			const path = await pathTo(ref, doing, signal);
			const found = await unlessMissing(call({ doing, method: "GET", path, ...withSignal(signal) }));
			return found === undefined ? undefined : objectIn(found, ref, doing);
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
			const ref = { apiVersion: object.apiVersion, kind: object.kind, ...nameOf(object) };
			const doing = `apply ${describeRef(ref)}`;
			const query = new URLSearchParams({ fieldManager, force: String(force) });
			if (dryRun) query.set("dryRun", "All");
			const answer = await call({
				doing,
				method: "PATCH",
				path: `${await pathTo(ref, doing, signal)}?${query}`,
				headers: { "Content-Type": "application/apply-patch+yaml" },
				body: JSON.stringify(object),
				...withSignal(signal),
			});
			return objectIn(answer, ref, doing);
		},

		async create(object, signal) {
			const ref = { apiVersion: object.apiVersion, kind: object.kind, ...nameOf(object) };
			const doing = `create ${describeRef(ref)}`;
			const resource = await find(object, signal);
			if (resource === undefined) throw unknownKind(ref, doing);
			const order: Call = {
				doing,
				method: "POST",
				path: `${collection(resource, ref.namespace)}?fieldManager=${fieldManager}`,
				headers: { "Content-Type": "application/json" },
				body: JSON.stringify(object),
				...withSignal(signal),
			};
			return write(order, { ref, path: await pathTo(ref, doing, signal), written: object });
		},

		async patch(ref, patch, signal) {
			const doing = `patch ${describeRef(ref)}`;
			const path = await pathTo(ref, doing, signal);
			const order: Call = {
				doing,
				method: "PATCH",
				path: `${path}?fieldManager=${fieldManager}`,
				headers: { "Content-Type": "application/merge-patch+json" },
				body: JSON.stringify(patch),
				...withSignal(signal),
			};
			return write(order, { ref, path, written: patch });
		},

		async remove(ref, { gracePeriodSeconds, propagation, uid, resourceVersion, signal } = {}) {
			if ((await find(ref, signal)) === undefined) return false;
			const doing = `delete ${describeRef(ref)}`;
			const order: Call = {
				doing,
				method: "DELETE",
				path: await pathTo(ref, doing, signal),
				headers: { "Content-Type": "application/json" },
				body: JSON.stringify({
					...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
					...(propagation === undefined ? {} : { propagationPolicy: propagation }),
					...(uid === undefined && resourceVersion === undefined ? {} : { preconditions: { uid, resourceVersion } }),
				}),
				...withSignal(signal),
			};
			// What is gone after an attempt that may have been done was there before it.
			return repeatedly(
				async (mayBeDone) => (await unlessMissing(callOnce(order))) !== undefined || mayBeDone,
				repeating(signal),
			);
		},

		allowed: (access, signal) => reviewAccess(access, signal),
		raw: send,
		close: transport.close,
	};

	async function listAll(query: ListQuery, resource: Resource, signal?: AbortSignal): Promise<KubeObject[]> {
		const { namespace, labelSelector, fieldSelector } = query;
		const doing = `list ${resource.plural}${namespace === undefined ? "" : ` in ${namespace}`}`;
		let objects: KubeObject[] = [];
		let isPaged = true;
		for (let next: string | undefined; ; ) {
			const parameters = new URLSearchParams(isPaged ? { limit: String(pageSize) } : {});
			if (labelSelector !== undefined) parameters.set("labelSelector", labelSelector);
			if (fieldSelector !== undefined) parameters.set("fieldSelector", fieldSelector);
			if (next !== undefined) parameters.set("continue", next);
			const path = `${collection(resource, namespace)}?${parameters}`;
			try {
				const page = await call({ doing, method: "GET", path, ...withSignal(signal) });
				objects.push(...itemsIn(page, query, doing));
				next = textOf(objectOf(objectOf(page).metadata).continue);
				if (next === undefined) return objects;
			} catch (error) {
				// The pages were read too slowly, and the server has forgotten the list: then it is asked for at once.
				if (!(error instanceof ApiError && error.status === 410 && isPaged)) throw error;
				[objects, next, isPaged] = [[], undefined, false];
			}
		}
	}

	async function reviewAccess(access: Access, signal?: AbortSignal): Promise<boolean> {
		const review = await call({
			doing: "ask what is allowed",
			method: "POST",
			path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify({
				apiVersion: "authorization.k8s.io/v1",
				kind: "SelfSubjectAccessReview",
				spec: { resourceAttributes: access },
			}),
			...withSignal(signal),
		});
		return objectOf(objectOf(review).status).allowed === true;
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

/** A call as it is sent, and as a failure names it. */
interface Call extends RequestOptions {
	doing: string;
	method: string;
	path: string;
}

function unknownKind(ref: { apiVersion: string; kind: string }, doing: string): ApiError {
	return new ApiError(`${doing}: the cluster does not know the kind ${ref.kind} of ${ref.apiVersion}`, {
		status: 404,
		hint: "its CustomResourceDefinition is not installed",
	});
}

async function unlessMissing(answer: Promise<unknown>): Promise<unknown> {
	try {
		return await answer;
	} catch (error) {
		if (error instanceof ApiError && error.status === 404) return undefined;
		throw error;
	}
}
