import { hash } from "../clock/random.ts";
import type { Container, KubeObject, Pod, Probe, Service, Workload } from "./objects.ts";
import type { Resource } from "./resources.ts";

/** Whether a service has the address already. */
type IsTaken = (clusterIp: string) => boolean;

/** Fills what the API server fills when an object is created, as far as something reads it. */
export function setDefaults(resource: Resource, object: KubeObject, isTaken: IsTaken): void {
	switch (resource.id) {
		case "namespaces":
			object.metadata.labels = { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name };
			object.spec = { finalizers: ["kubernetes"] };
			object.status = { phase: "Active" };
			break;
		case "pods":
			setPodDefaults((object as Pod).spec);
			object.status ??= { phase: "Pending", qosClass: "Burstable" };
			break;
		case "deployments.apps":
		case "replicasets.apps":
		case "statefulsets.apps":
			(object as Workload).spec.replicas ??= 1;
			setPodDefaults((object as Workload).spec.template.spec);
			if (resource.id === "deployments.apps") (object as Workload).spec.progressDeadlineSeconds ??= 600;
			break;
		case "daemonsets.apps":
			setPodDefaults((object as Workload).spec.template.spec);
			break;
		case "services":
			setServiceDefaults(object as Service, isTaken);
			break;
	}
}

function setPodDefaults(spec: Pod["spec"]): void {
	spec.restartPolicy ??= "Always";
	spec.terminationGracePeriodSeconds ??= 30;
	spec.dnsPolicy ??= "ClusterFirst";
	spec.schedulerName ??= "default-scheduler";
	spec.serviceAccountName ??= "default";
	spec.securityContext ??= {};
	for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) setContainerDefaults(container);
}

function setContainerDefaults(container: Container): void {
	const tag = /:([^/:@]+)$/.exec(container.image ?? "")?.[1];
	const isPinned = container.image?.includes("@") || (tag !== undefined && tag !== "latest");
	container.imagePullPolicy ??= isPinned ? "IfNotPresent" : "Always";
	container.resources ??= {};
	container.terminationMessagePath ??= "/dev/termination-log";
	container.terminationMessagePolicy ??= "File";
	for (const port of container.ports ?? []) port.protocol ??= "TCP";
	for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe])
		setProbeDefaults(probe);
}

function setProbeDefaults(probe: Probe | undefined): void {
	if (probe === undefined) return;
	probe.timeoutSeconds = probe.timeoutSeconds || 1;
	probe.periodSeconds = probe.periodSeconds || 10;
	probe.successThreshold = probe.successThreshold || 1;
	probe.failureThreshold = probe.failureThreshold || 3;
}

function setServiceDefaults(service: Service, isTaken: IsTaken): void {
	const { spec } = service;
	spec.type ??= "ClusterIP";
	spec.sessionAffinity ??= "None";
	for (const port of spec.ports ?? []) {
		port.protocol ??= "TCP";
		port.targetPort ??= port.port;
	}
	if (spec.type === "ExternalName" || spec.clusterIP !== undefined) return;
	const start = hash(`${service.metadata.namespace}/${service.metadata.name}`);
	for (let step = 0; spec.clusterIP === undefined && step < 65_000; step++) {
		const number = (start + step) % 65_000;
		const address = `10.96.${number >> 8}.${number & 255 || 1}`;
		if (!isTaken(address)) spec.clusterIP = address;
	}
	if (spec.clusterIP !== undefined) spec.clusterIPs = [spec.clusterIP];
}
