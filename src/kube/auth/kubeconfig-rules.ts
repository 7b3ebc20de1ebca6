import { UsageError } from "../../errors.ts";
import { checkProxyUrl, isOwnMachine } from "../http/proxy-url.ts";
import type { ClusterEntry, ExecEntry, UserEntry } from "./kubeconfig-file.ts";

/** The versions of the protocol between kubectl and its credential plugins that kubectl still speaks. */
const execVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
const interactiveModes = ["Never", "IfAvailable", "Always"];

/** Ways to log in that kubectl has given up, and what took their place. */
const successors: Record<string, string> = {
	gcp: "kubectl has given it up; `gcloud container clusters get-credentials` writes the exec plugin gke-gcloud-auth-plugin",
	azure: "kubectl has given it up; `kubelogin convert-kubeconfig` writes the exec plugin kubelogin",
};

/** Refuses what kubectl refuses in a cluster's entry, and gives its server. @param where the file, for the message */
export function checkCluster(cluster: ClusterEntry, name: string, where: string): string {
	const refuse = refusalOf(`${where}: cluster "${name}"`);
	const { server } = cluster;
	if (server === undefined) throw refuse("it has no server", "such as server: https://10.0.0.1:6443");
	if (!/^https?:$/.test(URL.canParse(server) ? new URL(server).protocol : "")) {
		throw new UsageError(`${where}: the server of cluster "${name}" is not an address: "${server}"`, {
			hint: "such as https://10.0.0.1:6443",
		});
	}
	refuseBoth(cluster, "certificate-authority", "certificate-authority-data", refuse);
	const hasAuthority = cluster["certificate-authority"] ?? cluster["certificate-authority-data"];
	if (cluster["insecure-skip-tls-verify"] && hasAuthority !== undefined) {
		throw refuse(
			"insecure-skip-tls-verify and a certificate-authority exclude each other",
			"take insecure-skip-tls-verify out, for then the server is verified",
		);
	}
	if (cluster["proxy-url"] !== undefined) {
		checkProxyUrl(cluster["proxy-url"], `${where}: the proxy-url of cluster "${name}"`);
	}
	return server;
}

/** Refuses what kubectl refuses in a user's entry. @param where the file and the user, for the message */
export function checkUser(user: UserEntry, where: string): void {
	const refuse = refusalOf(where);
	refuseBoth(user, "client-certificate", "client-certificate-data", refuse);
	refuseBoth(user, "client-key", "client-key-data", refuse);
	const hasCertificate = (user["client-certificate"] ?? user["client-certificate-data"]) !== undefined;
	const hasKey = (user["client-key"] ?? user["client-key-data"]) !== undefined;
	if (hasCertificate !== hasKey) {
		const [given, missing] = hasKey ? ["client-key", "client-certificate"] : ["client-certificate", "client-key"];
		throw refuse(`it has a ${given} and no ${missing}`, `add the ${missing} or ${missing}-data that belongs to it`);
	}
	const hasToken = (user.token ?? user.tokenFile) !== undefined;
	const hasPassword = (user.username ?? user.password) !== undefined;
	if (hasToken && hasPassword) throw refuse("a token and a username exclude each other", "keep the one that is right");
	const isBare = user.as === undefined;
	if (isBare && (user["as-uid"] || user["as-groups"].length > 0 || Object.keys(user["as-user-extra"]).length > 0)) {
		throw refuse("as-uid, as-groups and as-user-extra need a user to impersonate", "add `as`");
	}
	const provider = user["auth-provider"];
	if (provider && user.exec) {
		throw refuse("auth-provider and exec exclude each other", "keep exec; auth-provider is its predecessor");
	}
	if (provider) checkProvider(provider, refuse);
	if (user.exec) checkExec(user.exec, refuse);
}

/** kubectl sends no credentials over plain HTTP. On the own machine nobody listens, as for `kubectl proxy`. */
export function refuseOpenSecrets(server: string, user: UserEntry, where: string): void {
	const { protocol, hostname } = new URL(server);
	if (protocol !== "http:" || isOwnMachine(hostname.replace(/^\[|\]$/g, ""))) return;
	const given = (["token", "tokenFile", "username", "password", "auth-provider", "exec"] as const).find(
		(key) => user[key],
	);
	if (given === undefined) return;
	throw new UsageError(`${where}: ${given} would be sent unencrypted to ${server}`, {
		hint: "give the server's https address, or a user without credentials",
	});
}

type Refuse = (what: string, hint: string) => UsageError;

const refusalOf =
	(where: string): Refuse =>
	(what, hint) =>
		new UsageError(`${where}: ${what}`, { hint });

function refuseBoth<K extends string>(entry: { [key in K]?: unknown }, one: K, other: K, refuse: Refuse): void {
	if (entry[one] !== undefined && entry[other] !== undefined) {
		throw refuse(`it has ${one} and ${other}`, `keep one of them, as kubectl demands`);
	}
}

function checkProvider(provider: NonNullable<UserEntry["auth-provider"]>, refuse: Refuse): void {
	const { name = "", config } = provider;
	if (name !== "oidc") {
		throw refuse(
			`no Auth Provider found for name "${name}"`,
			successors[name] ?? "`oidc` is the only auth-provider; others log in by an exec plugin",
		);
	}
	for (const key of ["idp-issuer-url", "client-id"]) {
		if (!config[key]) throw refuse(`its auth-provider oidc has no ${key}`, "kubectl needs it too");
	}
	if (!/^https?:\/\//.test(config["idp-issuer-url"] ?? "") || !URL.canParse(config["idp-issuer-url"] ?? "")) {
		throw refuse("its idp-issuer-url is not an address", "such as https://accounts.example.com");
	}
	refuseBoth(config, "idp-certificate-authority", "idp-certificate-authority-data", refuse);
}

function checkExec({ command, apiVersion, env, interactiveMode }: ExecEntry, refuse: Refuse): void {
	if (command === undefined) throw refuse("its exec has no command", "name the plugin's program");
	if (apiVersion === undefined || !execVersions.includes(apiVersion)) {
		const said = apiVersion === undefined ? "no apiVersion" : `the apiVersion "${apiVersion}"`;
		throw refuse(`its exec has ${said}`, `kubectl speaks ${execVersions.join(" and ")}; a newer plugin does too`);
	}
	if (interactiveMode === undefined && apiVersion === execVersions[0]) {
		throw refuse("its exec has no interactiveMode", `one of ${interactiveModes.join(", ")}`);
	}
	if (interactiveMode !== undefined && !interactiveModes.includes(interactiveMode)) {
		throw refuse(`its exec has the interactiveMode "${interactiveMode}"`, `one of ${interactiveModes.join(", ")}`);
	}
	if (env.some(({ name }) => name === undefined)) throw refuse("its exec has an env without a name", "name it");
}
