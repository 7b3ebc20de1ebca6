import type { KubeObject } from "../kube/api/cluster.ts";

/** The name of the Deployment and the Service that a CUSTOM policy of a profile asks. */
export const authorizerName = "authz";
const containerPort = 8080;

/**
 * The server that an ext_authz provider over HTTP asks: anything that answers 200 to every request allows it, so the
 * sample application serves. It has no sidecar, or it would have to ask itself.
 */
export function authorizerObjects(namespace: string, image: string): KubeObject[] {
	const app = { "app.kubernetes.io/name": authorizerName };
	const metadata = { name: authorizerName, namespace, labels: app };
	return [
		{
			apiVersion: "apps/v1",
			kind: "Deployment",
			metadata,
			spec: {
				replicas: 1,
				selector: { matchLabels: app },
				template: {
					metadata: { labels: { ...app, "sidecar.istio.io/inject": "false" } },
					spec: {
						containers: [
							{
								name: authorizerName,
								image,
								env: [{ name: "PORT", value: String(containerPort) }],
								ports: [{ containerPort }],
								readinessProbe: { tcpSocket: { port: containerPort }, periodSeconds: 1 },
							},
						],
					},
				},
			},
		},
		{
			apiVersion: "v1",
			kind: "Service",
			metadata,
			spec: { selector: app, ports: [{ name: "http", port: 80, targetPort: containerPort }] },
		},
	];
}
