import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { UsageError } from "../../errors.ts";
import { nearest } from "../../text/nearest.ts";
import type { Connection } from "../http/connection.ts";
import { connect, type Login } from "./credentials.ts";
import type { PluginTerminal } from "./exec-plugin.ts";
import {
	anonymous,
	type KubeconfigContent,
	mergeKubeconfigs,
	parseKubeconfig,
	readKubeconfig,
} from "./kubeconfig-file.ts";
import { checkCluster, checkUser, refuseOpenSecrets } from "./kubeconfig-rules.ts";
import { inPod, podFolder } from "./pod-account.ts";

/** Where to look for the cluster; everything may be left out. */
export interface KubeconfigChoice {
	/** `--kubeconfig FILE`; otherwise $KUBECONFIG, ~/.kube/config, or the pod's service account. */
	file?: string;
	/** A kubeconfig itself, read instead of any file. */
	text?: string;
	/** `--context NAME`; otherwise the current one. */
	context?: string;
	env: Record<string, string | undefined>;
	/** What an exec plugin may use of the terminal; without one its stderr becomes part of the error. */
	terminal?: PluginTerminal;
	/** Ends a login under way, and its plugin. */
	signal?: AbortSignal;
	/** How long an exec plugin may take, in ms; 10 min by default. */
	loginLimitMs?: number;
	/** Where Kubernetes mounts the service account, when it is not the usual folder. */
	podFolder?: string;
}

/** A kubeconfig's context and how to get credentials for it. */
export interface Kubeconfig {
	context: string;
	/**
	 * Runs exec plugins and reads token files anew at each call; who asks while it is under way gets the same.
	 * @param signal ends it, instead of the choice's own
	 */
	connect(signal?: AbortSignal): Promise<Connection>;
}

/**
 * Loads a kubeconfig by the rules of kubectl (client-go's clientcmd): every field that it knows of a cluster and a user is
 * followed, or refused by its name. The file is only read, never written. client-node's own loading is not used: it merges the
 * files of $KUBECONFIG so that the last current-context wins and a name in two of them is an error, fails where one is missing,
 * leaves paths of tokens and plugins relative to the current folder, and passes over fields that it does not know.
 * @throws UsageError for a file or a context that is not there, or that kubectl would not accept either
 */
export async function loadKubeconfig(choice: KubeconfigChoice): Promise<Kubeconfig> {
	const { content, where } = await contentOf(choice);
	const login = loginOf(content, choice, where);
	let underWay: Promise<Connection> | undefined;
	return {
		context: login.context,
		connect(signal = choice.signal) {
			underWay ??= connect(login, signal).finally(() => {
				underWay = undefined;
			});
			return underWay;
		},
	};
}

async function contentOf(choice: KubeconfigChoice): Promise<{ content: KubeconfigContent; where: string }> {
	if (choice.text !== undefined) return { content: parseKubeconfig(choice.text), where: "the kubeconfig" };
	const files = await kubeconfigFiles(choice);
	if (files === "in-cluster")
		return { content: inPod(choice.env, choice.podFolder), where: "the pod's service account" };
	const contents = [];
	for (const file of files) contents.push(await readKubeconfig(file));
	return { content: mergeKubeconfigs(contents), where: files.join(", ") };
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
	const hasAccount = (await existing([join(choice.podFolder ?? podFolder, "token")])).length > 0;
	if (hasAccount && choice.env.KUBERNETES_SERVICE_HOST) return "in-cluster";
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

function loginOf(content: KubeconfigContent, choice: KubeconfigChoice, where: string): Login {
	const name = choice.context ?? content["current-context"];
	const names = content.contexts.map((each) => each.name);
	if (!name) {
		throw new UsageError(`${where}: no current context`, { hint: `--context one of: ${names.join(", ") || "none"}` });
	}
	const context = content.contexts.find((each) => each.name === name)?.context;
	if (context === undefined) {
		const near = nearest(name, names);
		throw new UsageError(`${where}: no context "${name}"`, {
			hint: near === undefined ? `the contexts are: ${names.join(", ") || "none"}` : `did you mean "${near}"?`,
		});
	}
	const cluster = content.clusters.find((each) => each.name === context.cluster)?.cluster;
	if (cluster === undefined) throw lacking(where, name, "cluster");
	const server = checkCluster(cluster, context.cluster ?? "", where);
	const user = content.users.find((each) => each.name === context.user)?.user;
	if (context.user !== undefined && user === undefined) throw lacking(where, name, "user");
	if (user !== undefined) {
		checkUser(user, `${where}: user "${context.user}"`);
		refuseOpenSecrets(server, user, where);
	}
	const { env, terminal, loginLimitMs } = choice;
	return {
		context: name,
		cluster: { ...cluster, server },
		user: user ?? anonymous(),
		env,
		...(terminal === undefined ? {} : { terminal }),
		...(loginLimitMs === undefined ? {} : { loginLimitMs }),
	};
}

function lacking(where: string, context: string, part: "cluster" | "user"): UsageError {
	return new UsageError(`${where}: context "${context}" names a ${part} that is not there`, {
		hint: `\`kubectl config view\` shows its ${part}s`,
	});
}
