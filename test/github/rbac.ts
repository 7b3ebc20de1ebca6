import { neededRights, type Right } from "../../src/install/rights.ts";

/**
 * `.github/rbac.yaml`: an account for CI with the rights that knistio asks the cluster for before a run, and no others.
 * They are cluster-wide, for the definitions, webhooks and namespaces that Istio needs are.
 */
export function rbacYaml(): string {
	return `${head}${neededRights.map(ruleYaml).join("")}${binding}`;
}

function ruleYaml({ group, resource, verbs, why }: Right): string {
	const list = (values: readonly string[]) =>
		`[${values.map((value) => (/\w/.test(value) ? value : `"${value}"`)).join(", ")}]`;
	return [
		`  # ${why}`,
		`  - apiGroups: ${list([group])}`,
		`    resources: ${list([resource])}`,
		`    verbs: ${list(verbs)}`,
		"",
	].join("\n");
}

const head = `# What knistio needs on a cluster that it may install Istio on. Made by test/github/rbac.ts of src/install/rights.ts;
# \`npx vitest run test/github --update\` writes it anew.
apiVersion: v1
kind: Namespace
metadata:
  name: knistio-ci
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: knistio
  namespace: knistio-ci
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: knistio-ci
rules:
`;

const binding = `---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: knistio-ci
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: knistio-ci
subjects:
  - kind: ServiceAccount
    name: knistio
    namespace: knistio-ci
`;
