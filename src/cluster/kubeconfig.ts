import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { Connection } from "./cluster.ts";
import { connect } from "./credentials.ts";

const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Where to look for the cluster; everything may be left out. */
export interface KubeconfigChoice {
	/** `--kubeconfig FILE`; otherwise $KUBECONFIG, ~/.kube/config, or the pod's service account. */
	file?: string;
	/** A kubeconfig itself, read instead of any file. */
	text?: string;
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
	const files = choice.text === undefined ? await kubeconfigFiles(choice) : [];
	const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
	const config = new KubeConfig();
	if (choice.text !== undefined) config.loadFromString(choice.text);
	else if (files === "in-cluster") config.loadFromCluster();
	else for (const file of files) mergeFile(config, file, () => new KubeConfig());
	if (choice.context !== undefined) config.setCurrentContext(choice.context);
	checkContext(config, files === "in-cluster" ? "the pod's service account" : files.join(", "));
	return { context: config.getCurrentContext(), connect: () => connect(config, new KubeConfig()) };
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
		throw notKubeconfig(file, cause as Error);
	}
	const known = (names: { name: string }[] | undefined) => new Set((names ?? []).map(({ name }) => name));
	const [contexts, clusters, users] = [known(config.contexts), known(config.clusters), known(config.users)];
	for (const each of next.contexts ?? []) if (!contexts.has(each.name)) config.addContext(each);
	for (const each of next.clusters ?? []) if (!clusters.has(each.name)) config.addCluster(each);
	for (const each of next.users ?? []) if (!users.has(each.name)) config.addUser(each);
	if (!config.currentContext && next.currentContext) config.setCurrentContext(next.currentContext);
}

/** js-yaml's own message, and so the cause, would show lines of the file: perhaps a token. */
function notKubeconfig(file: string, cause: Error & { reason?: string; mark?: { line: number; column: number } }) {
	const hint = "`kubectl config view` shows whether kubectl can read it";
	const { reason, mark } = cause;
	if (mark !== undefined) {
		return new UsageError(`${file}:${mark.line + 1}:${mark.column + 1}: not a kubeconfig: ${reason}`, { hint });
	}
	const isOther = cause instanceof TypeError;
	return new UsageError(`${file}: not a kubeconfig: ${isOther ? "there is nothing in it" : cause.message}`, { hint });
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
	const context = config.getContextObject(name);
	const cluster = config.getCurrentCluster();
	if (!cluster) throw lacking(where, name, "cluster");
	if (context?.user && !config.getCurrentUser()) throw lacking(where, name, "user");
	if (!/^https?:$/.test(URL.canParse(cluster.server) ? new URL(cluster.server).protocol : "")) {
		throw new UsageError(`${where}: the server of cluster "${cluster.name}" is no address: "${cluster.server}"`, {
			hint: "such as https://10.0.0.1:6443",
		});
	}
}

function lacking(where: string, context: string, part: "cluster" | "user"): UsageError {
	return new UsageError(`${where}: context "${context}" names a ${part} that is not there`, {
		hint: `\`kubectl config view\` shows its ${part}s`,
	});
}
