import { mutualTlsProbe } from "./mutual-tls.ts";
import { podSecurityProbe } from "./pod-security.ts";
import type { Probe } from "./probe.ts";

/** Every probe, in the order in which they are run. */
export const probes: readonly Probe[] = [podSecurityProbe, mutualTlsProbe];
