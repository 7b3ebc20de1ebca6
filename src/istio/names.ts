/** Istio's namespace in every profile. */
export const istioNamespace = "istio-system";

/** The gateway's name: Knative's ingress controller looks for its label and its service. */
export const gatewayName = "istio-ingressgateway";
