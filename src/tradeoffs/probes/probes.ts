import { coldTraceProbe } from "./cold-trace.ts";
import { cpuProbe } from "./cpu.ts";
import { edgeTlsProbe } from "./edge-tls.ts";
import { identityProbe } from "./identity.ts";
import { openLatencyProbe } from "./latency.ts";
import { memoryProbe } from "./memory.ts";
import { meshFaultProbe } from "./mesh-fault.ts";
import { mutualTlsProbe } from "./mutual-tls.ts";
import { podSecurityProbe } from "./pod-security.ts";
import { policyProbe } from "./policy.ts";
import type { Probe } from "./probe.ts";
import { requestTraceProbe } from "./request-trace.ts";
import { routingProbe } from "./routing.ts";
import { telemetryProbe } from "./telemetry.ts";

/** Every probe; of those that share something, the first goes first. */
export const probes: readonly Probe[] = [
	memoryProbe,
	podSecurityProbe,
	mutualTlsProbe,
	telemetryProbe,
	openLatencyProbe(),
	cpuProbe,
	requestTraceProbe,
	coldTraceProbe,
	identityProbe,
	policyProbe,
	routingProbe,
	meshFaultProbe,
	edgeTlsProbe,
];
