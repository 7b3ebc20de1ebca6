import type { Api } from "../api/api.ts";
import { isSame } from "../api/fields.ts";
import type { KubeObject } from "../api/objects.ts";
import type { Resource } from "../api/resources.ts";
import { badRequest } from "../api/status-error.ts";
import { refusedScale } from "./initial-scale.ts";
import { ids, type KnativeService, type TrafficTarget } from "./objects.ts";

const labelPattern = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const labelRule =
	"a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/**
 * What Knative's webhooks do with its Services, as far as names of revisions and traffic go: fill in the usual traffic,
 * and refuse (HTTP 400) what cannot be (knative/serving pkg/apis/serving/v1, `*_defaults.go` and `*_validation.go`).
 */
export const admitKnativeService =
	(api: Pick<Api, "get">) =>
	(resource: Resource, object: KubeObject, before: KubeObject | undefined): void => {
		if (resource.id !== ids.services) return;
		const service = object as KnativeService;
		const { traffic = [], template } = service.spec;
		const given: TrafficTarget[] = traffic.length === 0 ? [{ latestRevision: true, percent: 100 }] : traffic;
		const targets = given.map((target) => ({
			...target,
			latestRevision: target.latestRevision ?? target.revisionName === undefined,
			percent: target.percent ?? 0,
		}));
		service.spec = { ...service.spec, traffic: targets };
		const old = (before as KnativeService | undefined)?.spec.template;
		const scale = refusedScale(api, template.metadata?.annotations);
		const complaints = [...checkName(service), ...checkTraffic(targets), ...(scale === undefined ? [] : [scale])];
		if (old !== undefined && template.metadata?.name !== undefined && old.metadata?.name === template.metadata.name) {
			if (!isSame(old, template)) {
				const diff = `\t-: ${JSON.stringify(old)}\n\t+: ${JSON.stringify(template)}`;
				complaints.push(
					`Saw the following changes without a name change (-old +new): spec.template.metadata.name\n${diff}`,
				);
			}
		}
		if (complaints.length === 0) return;
		const webhook = `admission webhook "validation.webhook.serving.knative.dev"`;
		throw badRequest(`${webhook} denied the request: validation failed: ${complaints.join("\n")}`);
	};

function checkName({ metadata, spec }: KnativeService): string[] {
	const name = spec.template.metadata?.name;
	const field = "spec.template.metadata.name";
	if (name === undefined) return [];
	if (!labelPattern.test(name) || name.length > 63)
		return [`invalid value: not a DNS 1035 label: [${labelRule}]: ${field}`];
	const prefix = `${metadata.name}-`;
	return name.startsWith(prefix) ? [] : [`invalid value: "${name}" must have prefix "${prefix}": ${field}`];
}

function checkTraffic(traffic: readonly TrafficTarget[]): string[] {
	const complaints: string[] = [];
	const indexByTag = new Map<string, number>();
	for (const [index, { revisionName = "", latestRevision, percent = 0, tag }] of traffic.entries()) {
		const field = `spec.traffic[${index}]`;
		if ((revisionName !== "") === latestRevision) {
			const why = `may not set revisionName "${revisionName}" when latestRevision is ${latestRevision}`;
			complaints.push(`${why}: ${field}.latestRevision`);
		}
		if (percent < 0 || percent > 100) complaints.push(`expected 0 <= ${percent} <= 100: ${field}.percent`);
		if (tag === undefined || tag === "") continue;
		if (!labelPattern.test(tag) || tag.length > 63)
			complaints.push(`invalid value: not a DNS 1035 label: [${labelRule}]: spec.traffic.tag[${index}]`);
		const first = indexByTag.get(tag);
		if (first === undefined) indexByTag.set(tag, index);
		else complaints.push(`Multiple definitions for "${tag}": ${field}.tag, spec.traffic[${first}].tag`);
	}
	const sum = traffic.reduce((total, { percent = 0 }) => total + percent, 0);
	if (sum !== 100) complaints.push(`Traffic targets sum to ${sum}, want 100: spec.traffic`);
	return complaints;
}
