import { type ReadRight, readRights } from "../../src/install/read-rights.ts";

/** `.github/rbac-read.yaml`: an account that may measure an existing service as it is, and change nothing. */
export function readRbacYaml(): string {
	const namespaces = [...new Set(readRights.map(({ namespace }) => namespace))];
	return head + namespaces.map((namespace) => roleYaml(namespace)).join("");
}

/** The namespace of the service in the example. */
const example = "shop";
const nameOf = (namespace: ReadRight["namespace"]) => (namespace === "the service's" ? example : namespace);

function roleYaml(namespace: ReadRight["namespace"]): string {
	const kind = namespace === undefined ? "ClusterRole" : "Role";
	const place = namespace === undefined ? "" : `  namespace: ${nameOf(namespace)}\n`;
	const rules = readRights.filter((right) => right.namespace === namespace).map(ruleYaml);
	const api = "apiVersion: rbac.authorization.k8s.io/v1\n";
	return `---
${api}kind: ${kind}
metadata:
  name: knistio-read
${place}rules:
${rules.join("")}---
${api}kind: ${kind}Binding
metadata:
  name: knistio-read
${place}roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ${kind}
  name: knistio-read
subjects:
  - kind: ServiceAccount
    name: knistio-read
    namespace: ${example}
`;
}

function ruleYaml({ group, resource, verbs, names, why, isOptional }: ReadRight): string {
	const list = (values: readonly string[]) => `[${values.map((value) => value || '""').join(", ")}]`;
	return [
		`  # ${why}${isOptional === true ? " (optional)" : ""}`,
		`  - apiGroups: ${list([group])}`,
		`    resources: ${list([resource])}`,
		...(names === undefined ? [] : [`    resourceNames: ${list(names)}`]),
		`    verbs: ${list(verbs)}`,
		"",
	].join("\n");
}

const head = `# What \`knistio bench --service ksvc/NAME --namespace ${example} --use-installed\` needs: reading, and the way to the service
# for one request at a time. Put the namespace of your service in the place of ${example}. Made by test/github/read-rbac.ts of
# src/install/read-rights.ts; \`npx vitest run test/github --update\` writes it anew.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: knistio-read
  namespace: ${example}
`;
