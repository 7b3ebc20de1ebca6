import type { TalkColumn } from "./columns.ts";

/**
 * The table that the talk ends with: Guo and Ding, "Istio on Knative – Lessons Learned", KubeCon + CloudNativeCon Europe
 * 2019. A profile of another name has no row there.
 */
const rows: Record<string, Record<TalkColumn, boolean>> = {
	full: row("yes yes yes yes yes yes yes"),
	"full-cni": row("yes yes no yes yes yes yes"),
	"no-policy": row("yes no yes yes no yes yes"),
	minimal: row("no no no yes no no yes"),
};

function row(answers: string): Record<TalkColumn, boolean> {
	const [coldStart, latency, netAdmin, routing, policy, security, telemetry] = answers
		.split(" ")
		.map((answer) => answer === "yes");
	return {
		"cold-start": coldStart === true,
		latency: latency === true,
		"net-admin": netAdmin === true,
		routing: routing === true,
		policy: policy === true,
		security: security === true,
		telemetry: telemetry === true,
	};
}

/** What the talk says of a profile; undefined where it says nothing. */
export function talkSays(profile: string, column: TalkColumn): boolean | undefined {
	return rows[profile]?.[column];
}
