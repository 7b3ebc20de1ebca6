import type { KubeObject, Pod } from "./objects.ts";
import { badRequest } from "./status-error.ts";

/** Whether an object belongs to what was asked for. */
export type Selector = (object: KubeObject) => boolean;

const setPattern = /^\s*(\S+)\s+(in|notin)\s+\(([^)]*)\)\s*$/;
const equalityPattern = /^\s*([^\s!=]+)\s*(==|=|!=)\s*([^\s=]*)\s*$/;
const existsPattern = /^\s*(!?)\s*([^\s!=]+)\s*$/;

/** Parses a label selector: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. */
export function parseLabelSelector(text: string): Selector {
	const terms = splitTerms(text).map(parseLabelTerm);
	return (object) => terms.every((term) => term(object.metadata.labels ?? {}));
}

/** The selector of a workload or service: every label must be there. */
export function matchesLabels(wanted: Record<string, string> | undefined): Selector {
	const entries = Object.entries(wanted ?? {});
	return (object) => entries.length > 0 && entries.every(([name, value]) => object.metadata.labels?.[name] === value);
}

function splitTerms(text: string): string[] {
	return text === "" ? [] : text.split(/,(?![^(]*\))/);
}

function parseLabelTerm(term: string): (labels: Record<string, string>) => boolean {
	const set = setPattern.exec(term);
	if (set !== null) {
		const [, name = "", operator, list = ""] = set;
		const values = new Set(list.split(",").map((value) => value.trim()));
		return (labels) => {
			const value = labels[name];
			return operator === "in" ? value !== undefined && values.has(value) : value === undefined || !values.has(value);
		};
	}
	const equality = equalityPattern.exec(term);
	if (equality !== null) {
		const [, name = "", operator, value] = equality;
		return (labels) => (labels[name] === value) === (operator !== "!=");
	}
	const exists = existsPattern.exec(term);
	if (exists !== null) {
		const [, not, name = ""] = exists;
		return (labels) => Object.hasOwn(labels, name) === (not === "");
	}
	throw badRequest(`unable to parse requirement: found '${term}', expected: identifier`);
}

/** What each kind can be selected by besides its name and namespace; anything else the API server refuses. */
const selectableFields: Record<string, Record<string, (object: KubeObject) => string>> = {
	Pod: {
		"spec.nodeName": (object) => (object as Pod).spec.nodeName ?? "",
		"spec.restartPolicy": (object) => String((object as Pod).spec.restartPolicy ?? ""),
		"spec.schedulerName": (object) => String((object as Pod).spec.schedulerName ?? ""),
		"status.phase": (object) => (object as Pod).status?.phase ?? "",
		"status.podIP": (object) => (object as Pod).status?.podIP ?? "",
	},
	Event: {
		...Object.fromEntries(
			["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"].map((field) => [
				`involvedObject.${field}`,
				(object: KubeObject) => (object.involvedObject as Record<string, string> | undefined)?.[field] ?? "",
			]),
		),
		reason: (object) => String(object.reason ?? ""),
		type: (object) => String(object.type ?? ""),
		reportingComponent: (object) => String(object.reportingComponent ?? ""),
		source: (object) => (object.source as { component?: string } | undefined)?.component ?? "",
	},
	Namespace: { "status.phase": (object) => (object.status as { phase?: string } | undefined)?.phase ?? "" },
	Secret: { type: (object) => String(object.type ?? "") },
};

/** Parses a field selector such as `metadata.name=a,spec.nodeName!=b`. */
export function parseFieldSelector(text: string, kind: string): Selector {
	const terms = splitTerms(text).map((term) => {
		const [, field = "", operator, value = ""] = equalityPattern.exec(term) ?? [];
		if (operator === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
		const read = fieldReader(field, kind);
		return (object: KubeObject) => (read(object) === value) === (operator !== "!=");
	});
	return (object) => terms.every((term) => term(object));
}

function fieldReader(field: string, kind: string): (object: KubeObject) => string {
	if (field === "metadata.name") return (object) => object.metadata.name;
	if (field === "metadata.namespace") return (object) => object.metadata.namespace ?? "";
	const read = selectableFields[kind]?.[field];
	if (read === undefined) throw badRequest(`field label not supported: ${field}`);
	return read;
}
