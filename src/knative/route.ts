/** How the request gets to the Istio ingress gateway. */
export type GatewayRoute =
	/** Straight to an address of the gateway. */
	| { kind: "direct"; url: string; by: "load balancer" | "node port" | "given" }
	/** Through the API server's proxy to the gateway's Service. */
	| { kind: "service-proxy"; path: string };

/** What a user gives instead of the gateway's address to have the API server's proxy, where only that can be reached. */
export const viaApiServer = "service-proxy";
