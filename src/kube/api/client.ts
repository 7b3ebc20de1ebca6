import { unlessAborted } from "../../clock/pause.ts";
import { type Kubeconfig, type KubeconfigChoice, loadKubeconfig } from "../auth/kubeconfig.ts";
import { ApiError } from "../http/api-error.ts";
import type { Connection, RawAnswer } from "../http/connection.ts";
import type { RequestOptions } from "../http/transport.ts";
import { objectOf } from "../untrusted.ts";
import { objectIn } from "./answers.ts";
import { type Call, type Calls, openCalls, unlessMissing, withSignal } from "./calls.ts";
import {
	type Access,
	type Cluster,
	describeRef,
	type KubeObject,
	type ListQuery,
	type ObjectRef,
	type RemoveOptions,
	type Resource,
	refOf,
	type UnreadGroup,
} from "./cluster.ts";
import { type Discovery, openDiscovery } from "./discovery.ts";
import { listAll } from "./list.ts";
import { collection } from "./paths.ts";
import type { RepetitionClock } from "./repetition.ts";

/** The field manager under which knistio's server-side applies appear in `managedFields`. */
export const fieldManager = "knistio";

/** Opens the cluster that a kubeconfig names; only the kubeconfig is read, nothing is sent yet. */
export async function openKube(choice: KubeconfigChoice): Promise<Cluster> {
	return openCluster(await loadKubeconfig(choice));
}

/** Opens the port to a cluster; nothing is sent yet. */
export async function openCluster(kubeconfig: Kubeconfig, clock?: RepetitionClock): Promise<Cluster> {
	return new KubeClient(kubeconfig.context, await openCalls(kubeconfig, clock));
}

/** The port to a cluster behind an API server. What its methods do is said at {@link Cluster}. */
class KubeClient implements Cluster {
	readonly context: string;
	readonly #calls: Calls;
	readonly #discovery: Discovery;

	constructor(context: string, calls: Calls) {
		this.context = context;
		this.#calls = calls;
		this.#discovery = openDiscovery((path, patienceMs) =>
			calls.call({ doing: "discover what the API serves", method: "GET", path }, patienceMs),
		);
	}

	connection(renew?: boolean): Promise<Connection> {
		return this.#calls.connection(renew);
	}

	/** The discovery is shared by all who wait for it, so an abort ends the wait and not the asking. */
	resource(apiVersion: string, kind: string, signal?: AbortSignal): Promise<Resource | undefined> {
		return unlessAborted(this.#discovery.find(apiVersion, kind), signal);
	}

	resources(signal?: AbortSignal, onUnread: (group: UnreadGroup) => void = () => {}): Promise<Resource[]> {
		return unlessAborted(this.#discovery.all(onUnread), signal);
	}

	async get(ref: ObjectRef, signal?: AbortSignal): Promise<KubeObject | undefined> {
		if ((await this.#resourceOf(ref, signal)) === undefined) return undefined;
		const doing = `get ${describeRef(ref)}`;
		const path = await this.#pathTo(ref, doing, signal);
		const found = await unlessMissing(this.#calls.call({ doing, method: "GET", path, ...withSignal(signal) }));
		return found === undefined ? undefined : objectIn(found, ref, doing);
	}

	async list(query: ListQuery, signal?: AbortSignal): Promise<KubeObject[]> {
		const resource = await this.#resourceOf(query, signal);
		if (resource === undefined) return [];
		try {
			return await listAll(this.#calls, query, resource, signal);
		} catch (error) {
			// The kind's definition was removed since it was discovered.
			if (error instanceof ApiError && error.status === 404) return [];
			throw error;
		}
	}

	async apply(
		object: KubeObject,
		{ force = true, dryRun = false, signal }: { force?: boolean; dryRun?: boolean; signal?: AbortSignal } = {},
	): Promise<KubeObject> {
		const ref = refOf(object);
		const doing = `apply ${describeRef(ref)}`;
		const query = new URLSearchParams({ fieldManager, force: String(force) });
		if (dryRun) query.set("dryRun", "All");
		const path = `${await this.#pathTo(ref, doing, signal)}?${query}`;
		const order = withBody({ doing, method: "PATCH", path }, "application/apply-patch+yaml", object, signal);
		return objectIn(await this.#calls.call(order), ref, doing);
	}

	async create(object: KubeObject, signal?: AbortSignal): Promise<KubeObject> {
		const ref = refOf(object);
		const doing = `create ${describeRef(ref)}`;
		const resource = await this.#resourceOf(object, signal);
		if (resource === undefined) throw unknownKind(ref, doing);
		const path = `${collection(resource, ref.namespace)}?fieldManager=${fieldManager}`;
		const order = withBody({ doing, method: "POST", path }, "application/json", object, signal);
		return this.#calls.write(order, { ref, path: await this.#pathTo(ref, doing, signal), written: object });
	}

	async patch(ref: ObjectRef, patch: unknown, signal?: AbortSignal): Promise<KubeObject> {
		const doing = `patch ${describeRef(ref)}`;
		const path = await this.#pathTo(ref, doing, signal);
		const call = { doing, method: "PATCH", path: `${path}?fieldManager=${fieldManager}` };
		const order = withBody(call, "application/merge-patch+json", patch, signal);
		return this.#calls.write(order, { ref, path, written: patch });
	}

	async remove(ref: ObjectRef, options: RemoveOptions = {}): Promise<boolean> {
		const { gracePeriodSeconds, propagation, uid, resourceVersion, signal } = options;
		if ((await this.#resourceOf(ref, signal)) === undefined) return false;
		const doing = `delete ${describeRef(ref)}`;
		const path = await this.#pathTo(ref, doing, signal);
		const isConditional = uid !== undefined || resourceVersion !== undefined;
		const body = {
			gracePeriodSeconds,
			propagationPolicy: propagation,
			preconditions: isConditional ? { uid, resourceVersion } : undefined,
		};
		return this.#calls.delete(withBody({ doing, method: "DELETE", path }, "application/json", body, signal));
	}

	async allowed(access: Access, signal?: AbortSignal): Promise<boolean> {
		const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
		const review = {
			apiVersion: "authorization.k8s.io/v1",
			kind: "SelfSubjectAccessReview",
			spec: { resourceAttributes: access },
		};
		const order = withBody({ doing: "ask what is allowed", method: "POST", path }, "application/json", review, signal);
		return objectOf(objectOf(await this.#calls.call(order)).status).allowed === true;
	}

	raw(method: string, path: string, options?: RequestOptions): Promise<RawAnswer> {
		return this.#calls.send(method, path, options);
	}

	close(): void {
		this.#calls.close();
	}

	#resourceOf(of: { apiVersion: string; kind: string }, signal?: AbortSignal): Promise<Resource | undefined> {
		return this.resource(of.apiVersion, of.kind, signal);
	}

	async #pathTo(ref: ObjectRef, doing: string, signal?: AbortSignal): Promise<string> {
		const resource = await this.#resourceOf(ref, signal);
		if (resource === undefined) throw unknownKind(ref, doing);
		return `${collection(resource, ref.namespace)}/${encodeURIComponent(ref.name)}`;
	}
}

/** The call with a value as its body; fields that are undefined are left out. */
function withBody(call: Call, contentType: string, value: unknown, signal: AbortSignal | undefined): Call {
	return {
		...call,
		headers: { "Content-Type": contentType },
		body: JSON.stringify(value),
		...withSignal(signal),
	};
}

function unknownKind(ref: { apiVersion: string; kind: string }, doing: string): ApiError {
	return new ApiError(`${doing}: the cluster does not know the kind ${ref.kind} of ${ref.apiVersion}`, {
		status: 404,
		hint: "its CustomResourceDefinition is not installed",
	});
}
