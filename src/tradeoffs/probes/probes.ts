import { cpuProbe } from "./cpu.ts";
import { identityProbe } from "./identity.ts";
import { openLatencyProbe } from "./latency.ts";
import { memoryProbe } from "./memory.ts";
import { mutualTlsProbe } from "./mutual-tls.ts";
import { podSecurityProbe } from "./pod-security.ts";
import { policyProbe } from "./policy.ts";
import type { Probe } from "./probe.ts";
import { requestTraceProbe } from "./request-trace.ts";
import { routingProbe } from "./routing.ts";
import { telemetryProbe } from "./telemetry.ts";

/** Every probe, in the order in which they are run: what another one disturbs comes before it. */
export const probes: readonly Probe[] = [
	memoryProbe,
	podSecurityProbe,
	mutualTlsProbe,
	telemetryProbe,
	openLatencyProbe(),
	cpuProbe,
	requestTraceProbe,
	identityProbe,
	policyProbe,
	routingProbe,
];
