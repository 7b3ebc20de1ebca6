import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { ClusterError, UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { Connection } from "./cluster.ts";

const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Where to look for the cluster; everything may be left out. */
export interface KubeconfigChoice {
	/** `--kubeconfig FILE`; otherwise $KUBECONFIG, ~/.kube/config, or the pod's service account. */
	file?: string;
	/** `--context NAME`; otherwise the current one. */
	context?: string;
	env: Record<string, string | undefined>;
}

/** A kubeconfig's context and how to get credentials for it. */
export interface Kubeconfig {
	context: string;
	/** Runs exec plugins and reads token files anew at each call. */
	connect(): Promise<Connection>;
}

/**
 * Loads a kubeconfig through client-node, which knows every way to authenticate; nothing else of it is used (it opens a
 * TLS connection per call, kubernetes-client/javascript#2893). The file is only read, never written.
 * @throws UsageError for a file or a context that is not there.
 */
export async function loadKubeconfig(choice: KubeconfigChoice): Promise<Kubeconfig> {
	const files = await kubeconfigFiles(choice);
	const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
	const config = new KubeConfig();
	if (files === "in-cluster") config.loadFromCluster();
	else for (const file of files) mergeFile(config, file, () => new KubeConfig());
	if (choice.context !== undefined) config.setCurrentContext(choice.context);
	checkContext(config, files === "in-cluster" ? "the pod's service account" : files.join(", "));
	return { context: config.getCurrentContext(), connect: () => connect(config) };
}

async function kubeconfigFiles(choice: KubeconfigChoice): Promise<string[] | "in-cluster"> {
	const named =
		choice.file !== undefined ? [choice.file] : (choice.env.KUBECONFIG ?? "").split(delimiter).filter(Boolean);
	if (named.length > 0) {
		const found = await existing(named);
		if (found.length > 0) return found;
		const what = choice.file === undefined ? "$KUBECONFIG names" : "--kubeconfig names";
		throw new UsageError(`${what} a file that is not there: ${named.join(", ")}`, {
			hint: "give the path of a kubeconfig, or leave it out to use ~/.kube/config",
		});
	}
	const home = await existing([join(choice.env.HOME ?? homedir(), ".kube", "config")]);
	if (home.length > 0) return home;
	if ((await existing([serviceAccountToken])).length > 0 && choice.env.KUBERNETES_SERVICE_HOST) return "in-cluster";
	throw new UsageError("no kubeconfig: neither --kubeconfig, $KUBECONFIG, ~/.kube/config nor a pod's service account", {
		hint: "point --kubeconfig at a cluster, or try `--cluster simulated`, which needs none",
	});
}

async function existing(files: string[]): Promise<string[]> {
	const found = await Promise.all(
		files.map((file) =>
			access(file).then(
				() => true,
				() => false,
			),
		),
	);
	return files.filter((_, index) => found[index]);
}

/** The first file that says something wins, as in kubectl. */
function mergeFile(config: KubeConfig, file: string, empty: () => KubeConfig): void {
	const next = empty();
	try {
		next.loadFromFile(file);
	} catch (cause) {
		throw new UsageError(`${file}: not a kubeconfig: ${(cause as Error).message}`, {
			cause,
			hint: "`kubectl config view` shows whether kubectl can read it",
		});
	}
	const known = (names: { name: string }[] | undefined) => new Set((names ?? []).map(({ name }) => name));
	const [contexts, clusters, users] = [known(config.contexts), known(config.clusters), known(config.users)];
	for (const each of next.contexts ?? []) if (!contexts.has(each.name)) config.addContext(each);
	for (const each of next.clusters ?? []) if (!clusters.has(each.name)) config.addCluster(each);
	for (const each of next.users ?? []) if (!users.has(each.name)) config.addUser(each);
	if (!config.currentContext && next.currentContext) config.setCurrentContext(next.currentContext);
}

function checkContext(config: KubeConfig, where: string): void {
	const name = config.getCurrentContext();
	const names = config.getContexts().map((each) => each.name);
	if (!name) {
		throw new UsageError(`${where}: no current context`, { hint: `--context one of: ${names.join(", ") || "none"}` });
	}
	if (!names.includes(name)) {
		const near = nearest(name, names);
		throw new UsageError(`${where}: no context "${name}"`, {
			hint: near === undefined ? `the contexts are: ${names.join(", ") || "none"}` : `did you mean "${near}"?`,
		});
	}
	if (!config.getCurrentCluster()) {
		throw new UsageError(`${where}: context "${name}" names a cluster that is not there`, {
			hint: "`kubectl config view` shows its clusters",
		});
	}
}

async function connect(config: KubeConfig): Promise<Connection> {
	const cluster = config.getCurrentCluster();
	if (!cluster) throw new UsageError("the kubeconfig's context has no cluster");
	const options: Parameters<KubeConfig["applyToHTTPSOptions"]>[0] = {};
	try {
		await config.applyToHTTPSOptions(options);
	} catch (cause) {
		throw new ClusterError(`no credentials for context "${config.getCurrentContext()}": ${(cause as Error).message}`, {
			cause,
			hint: "`kubectl get namespaces` asks for the same credentials; log in again if it fails too",
		});
	}
	const url = new URL(cluster.server);
	const headers: Record<string, string> = {};
	for (const [name, value] of Object.entries(options.headers ?? {})) {
		if (value !== undefined) headers[name] = String(value);
	}
	if (options.auth) headers.Authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
	const tls: Connection["tls"] = {};
	for (const key of ["ca", "cert", "key", "passphrase", "servername"] as const) {
		const value = options[key];
		if (value !== undefined && value !== null) tls[key] = value.toString();
	}
	if (options.rejectUnauthorized !== undefined) tls.rejectUnauthorized = options.rejectUnauthorized;
	return {
		origin: url.origin,
		basePath: url.pathname.replace(/\/$/, ""),
		headers,
		tls,
		...(cluster.proxyUrl ? { proxyUrl: cluster.proxyUrl } : {}),
	};
}
