import type { Complaint } from "../../profile/complaints.ts";
import type { ServiceFields } from "./fields.ts";

const autoscaling = "autoscaling.knative.dev/";
const ownAutoscaler = "kpa.autoscaling.knative.dev";
const istioClass = "istio.ingress.networking.knative.dev";

/** All that keeps a service from being measured, with its place and the reason: what measuring cannot just change. */
export function whyNotMeasurable(service: ServiceFields): Complaint[] {
	return [
		...refusedAnnotations(service),
		...scalingComplaints(service.spec.template.metadata?.annotations ?? {}),
		...trafficComplaints(service.spec.traffic ?? []),
		...containerComplaints(service.spec.template.spec),
	];
}

function refusedAnnotations({ metadata: { annotations = {} } }: ServiceFields): Complaint[] {
	const complaints: Complaint[] = [];
	for (const [key, value] of Object.entries(annotations)) {
		const path = ["metadata", "annotations", key];
		if (key.startsWith(autoscaling)) {
			const text = "has no effect here, and Knative refuses it: it belongs to spec.template.metadata.annotations";
			complaints.push({ path, text });
		}
		if (/^networking\.knative\.dev\/ingress[-.]class$/.test(key) && value !== istioClass) {
			complaints.push({
				path,
				text: `${value} does not send the request through Istio's gateway`,
			});
		}
	}
	return complaints;
}

/** Why the service would not go to zero. */
function scalingComplaints(annotations: Record<string, string>): Complaint[] {
	const complaints: Complaint[] = [];
	const complain = (key: string, text: string) =>
		complaints.push({
			path: ["spec", "template", "metadata", "annotations", key],
			text,
		});
	for (const name of ["min-scale", "minScale"]) {
		const value = annotations[autoscaling + name];
		if (value === undefined || value === "0") continue;
		complain(
			autoscaling + name,
			`keeps ${value} pod(s) running, so the service never goes to zero and cannot be started cold; measure a copy of the manifest with "0"`,
		);
	}
	const scaler = annotations[`${autoscaling}class`];
	if (scaler !== undefined && scaler !== ownAutoscaler) {
		complain(`${autoscaling}class`, `${scaler} does not scale to zero as Knative's own autoscaler does`);
	}
	return complaints;
}

function trafficComplaints(traffic: NonNullable<ServiceFields["spec"]["traffic"]>): Complaint[] {
	return traffic.flatMap(({ revisionName, latestRevision, configurationName }, index) => {
		const path = ["spec", "traffic", index];
		if (revisionName !== undefined && revisionName !== "") {
			const text = `sends traffic to the revision ${revisionName}, which the manifest does not describe: only its template is measured; leave spec.traffic out`;
			return [{ path: [...path, "revisionName"], text }];
		}
		if (configurationName !== undefined) {
			return [
				{
					path: [...path, "configurationName"],
					text: "a Service has its own configuration only",
				},
			];
		}
		if (latestRevision === false) {
			return [
				{
					path: [...path, "latestRevision"],
					text: "only the newest revision is measured; leave spec.traffic out",
				},
			];
		}
		return [];
	});
}

function containerComplaints({
	containers,
	initContainers = [],
}: ServiceFields["spec"]["template"]["spec"]): Complaint[] {
	const complaints: Complaint[] = [];
	const spec = ["spec", "template", "spec"];
	for (const [list, given] of Object.entries({ containers, initContainers })) {
		for (const [index, { imagePullPolicy, name = "" }] of given.entries()) {
			if (imagePullPolicy === "Always") {
				const text =
					"every start would ask the registry, so no cold start would count; set IfNotPresent, as Knative does for an image that it knows by digest";
				complaints.push({
					path: [...spec, list, index, "imagePullPolicy"],
					text,
				});
			}
			if (["queue-proxy", "istio-proxy", "istio-init", "istio-validation"].includes(name)) {
				const text = `the name ${name} is taken: the pod gets such a container from Knative or Istio`;
				complaints.push({ path: [...spec, list, index, "name"], text });
			}
		}
	}
	const serving = containers.filter(({ ports = [] }) => ports.length > 0);
	if (containers.length > 1 && serving.length !== 1) {
		const text = `of several containers exactly one must have a port, which gets the requests; here ${serving.length} have`;
		complaints.push({ path: [...spec, "containers"], text });
	}
	return complaints;
}
