import { isIPv6 } from "node:net";
import { join } from "node:path";
import { type KubeconfigContent, parseKubeconfig } from "./kubeconfig-file.ts";

/** Where Kubernetes mounts a pod's service account. */
export const podFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The kubeconfig that a pod would have, if it had one: its API server, and its token's file, which is renewed there.
 * client-node's loadFromCluster is not used: it takes the ports 80, 8080 and 8001 for plain HTTP, writes "undefined" for a
 * missing port, and reads the process's own environment.
 */
export function inPod(env: Record<string, string | undefined>, folder = podFolder): KubeconfigContent {
	const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "443" } = env;
	const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
	const content = {
		"current-context": "in-cluster",
		clusters: [{ name: "in-cluster", cluster: { server, "certificate-authority": join(folder, "ca.crt") } }],
		users: [{ name: "service account", user: { tokenFile: join(folder, "token") } }],
		contexts: [{ name: "in-cluster", context: { cluster: "in-cluster", user: "service account" } }],
	};
	return parseKubeconfig(JSON.stringify(content));
}
