import { edgeTlsProbe } from "./edge-tls.ts";
import { openLatencyProbe } from "./latency.ts";
import { memoryProbe } from "./memory.ts";
import { meshFaultProbe } from "./mesh-fault.ts";
import { mutualTlsProbe } from "./mutual-tls.ts";
import { podSecurityProbe } from "./pod-security.ts";
import { policyProbe } from "./policy.ts";
import type { Probe } from "./probe.ts";
import { routingProbe } from "./routing.ts";
import { telemetryProbe } from "./telemetry.ts";

/** Every probe, those that another one disturbs before it. */
export const probes: readonly Probe[] = [
	memoryProbe,
	podSecurityProbe,
	mutualTlsProbe,
	telemetryProbe,
	openLatencyProbe(),
	policyProbe,
	routingProbe,
	meshFaultProbe,
	edgeTlsProbe,
];
