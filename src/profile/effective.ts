import type { Profile } from "./profile.ts";

/** A profile for one workload namespace: `$NAMESPACE` replaced in its objects and in the mesh configuration. */
export function substitute(profile: Profile, namespace: string): Profile {
	return {
		...profile,
		istio: { ...profile.istio, meshConfig: inTexts(profile.istio.meshConfig, namespace) },
		security: inTexts(profile.security, namespace),
		policy: inTexts(profile.policy, namespace),
		...(profile.traffic === undefined ? {} : { traffic: inTexts(profile.traffic, namespace) }),
	};
}

function inTexts<T>(value: T, namespace: string): T;
function inTexts(value: unknown, namespace: string): unknown {
	if (typeof value === "string") return value.replace(/\$NAMESPACE\b/g, () => namespace);
	if (Array.isArray(value)) return value.map((item) => inTexts(item, namespace));
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inTexts(inner, namespace)]));
}
