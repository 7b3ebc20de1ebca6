import { neededRights, optionalRights, type Right, tradeoffRights } from "../../src/install/rights.ts";

/**
 * `.github/rbac.yaml`: an account for CI with the rights that knistio asks the cluster for before a run, and those that
 * make its figures sharper. The first are cluster-wide, for the definitions, webhooks and namespaces that Istio needs
 * are; each of the others is in a namespace. Those that `knistio tradeoffs` can do without are a role of their own.
 */
export function rbacYaml(): string {
	const roles = [...new Set(optionalRights.map(({ namespace }) => namespace))].map(roleYaml);
	const needed = `${neededRights.map(ruleYaml).join("")}${bindingYaml("ClusterRole")}`;
	return `${head}${needed}${roles.join("")}${tradeoffsYaml()}`;
}

function tradeoffsYaml(): string {
	const role = "knistio-ci-tradeoffs";
	return `---
# For \`knistio tradeoffs\` alone, which calls "not tested" what it may not look at. Leave nodes/proxy out where nobody
# may have it: who has it can run commands in every pod, by kubelet.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: ${role}
rules:
${tradeoffRights.map(ruleYaml).join("")}${bindingYaml("ClusterRole", undefined, role)}`;
}

function roleYaml(namespace: string): string {
	const rules = optionalRights.filter((right) => right.namespace === namespace).map(ruleYaml);
	return `---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: knistio-ci
  namespace: ${namespace}
rules:
${rules.join("")}${bindingYaml("Role", namespace)}`;
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

function bindingYaml(kind: "ClusterRole" | "Role", namespace?: string, role = "knistio-ci"): string {
	return `---
apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}Binding
metadata:
  name: ${role}
${namespace === undefined ? "" : `  namespace: ${namespace}\n`}roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ${kind}
  name: ${role}
subjects:
  - kind: ServiceAccount
    name: knistio
    namespace: knistio-ci
`;
}
