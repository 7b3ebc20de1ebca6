import type { Fault } from "./fault.ts";
import { delayMs } from "./parameters.ts";

/** How the API server says that it could not call a webhook, while its pods, their addresses and certificates are new. */
const reasons = [
	"read tcp 10.96.0.2:41234->10.96.0.3:8443: read: connection reset by peer",
	"dial tcp 10.96.0.3:8443: connect: connection refused",
	"EOF",
	"context deadline exceeded",
	"tls: failed to verify certificate: x509: certificate signed by unknown authority",
];

export const webhookOutageMs: Fault<number> = {
	about:
		"For so many simulated ms after a pod of a webhook was made, the API server cannot call it, and refuses what it would ask it.",
	parameter: delayMs,
	hooks: (outageMs, random) => ({
		webhookFailure: (upForMs) =>
			upForMs < outageMs ? reasons[Math.floor(random.unit("webhook") * reasons.length)] : undefined,
	}),
	trials: [
		{
			name: "webhooks",
			about: "webhooks of Knative and Istio that cannot be called for 2 s after each restart",
			faults: { webhookOutageMs: 2_000 },
			pod: "sidecar-policy",
		},
	],
};
