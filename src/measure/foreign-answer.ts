import { STATUS_CODES } from "node:http";
import { istioNamespace } from "../istio/names.ts";
import type { RequestTimes } from "../recording/entries.ts";
import { describeRequest, type RequestOrder } from "./observing/request.ts";

/** An answer that the service under test did not give, and what to do about it. */
export interface ForeignAnswer {
	text: string;
	hint: string;
	/** Waiting will not change it: no configuration that is still on its way answers like this. */
	isCertain: boolean;
}

const tlsTrouble =
	/self.signed|unable to (verify|get)|certificate|altnames|wrong version number|packet length too long|EPROTO|SSL routines|tlsv1/i;

/**
 * Who answered in the place of the service under test, as far as the answer tells: a redirect, a server that is not
 * Istio's gateway, a port that speaks another protocol. Undefined where the gateway may just not be ready yet.
 */
export function foreignAnswer(times: RequestTimes, order: RequestOrder): ForeignAnswer | undefined {
	const { route, host, expectStatus = 200 } = order;
	const { error, status, server, location, body = "", bodyMatches } = times;
	if (error !== undefined) return foreignError(error, route.kind === "direct" && route.url.startsWith("https:"));
	if (status === undefined || (status === expectStatus && bodyMatches === true)) return undefined;
	if (times.isFromUpstream) return otherAnswer(times, order);
	const from = server === undefined ? "" : ` by ${server}`;
	const text = `a request is answered with HTTP ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd() + from;
	if (status >= 300 && status < 400) return redirect(text, host, location);
	if (route.kind === "service-proxy" && (status === 401 || status === 403) && body.includes('"Status"')) {
		const hint = `the API server's proxy needs the right to get services/proxy in ${istioNamespace}; or give --gateway URL`;
		return { text: `the API server refuses a request to the gateway with HTTP ${status}`, hint, isCertain: true };
	}
	const isForeign = server !== undefined && !/envoy/i.test(server);
	if (isForeign && (status === 200 || status >= 400)) {
		const said = body === "" ? "" : `: "${body.replaceAll(/[\s\p{Cc}]+/gu, " ").slice(0, 80)}"`;
		const hint =
			"this is not Istio's gateway (its Server is istio-envoy); give the gateway's address with --gateway URL";
		return { text: `${text}${said}`, hint, isCertain: true };
	}
	if (status === 404) {
		const hint = `the gateway has no route for the host ${host}; look whether it is the one that Knative's net-istio uses`;
		return { text, hint, isCertain: false };
	}
	return undefined;
}

/** The request reached the service, which says no to it. A revision that is still on its way may answer 404 for a while. */
function otherAnswer({ status = 0, location }: RequestTimes, order: RequestOrder): ForeignAnswer | undefined {
	const { expectStatus = 200 } = order;
	// A policy refuses with 403, which is no matter of the request.
	if (status === expectStatus || status < 300 || status === 403 || status >= 500) return undefined;
	const to = location !== undefined && URL.canParse(location) ? ` (to ${new URL(location).origin})` : "";
	const said = `HTTP ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd() + to;
	return {
		text: `the service answers ${describeRequest(order)} with ${said}, expected: ${expectStatus}`,
		hint: `give a request that it answers with ${expectStatus} by --request, --header and --body; or --expect-status ${status}, if that is its right answer`,
		isCertain: false,
	};
}

function redirect(text: string, host: string, location: string | undefined): ForeignAnswer {
	const target = location !== undefined && URL.canParse(location, `http://${host}`);
	const to = target ? new URL(location, `http://${host}`) : undefined;
	const where = to === undefined ? text : `${text} (to ${to.origin})`;
	if (to?.protocol === "https:" && to.hostname === host.replace(/:\d+$/, "")) {
		const hint =
			"the gateway redirects to HTTPS: give --gateway https://…, or set http-protocol to Enabled in config-network";
		return { text: where, hint, isCertain: true };
	}
	const hint =
		"something in front of the gateway, such as a login page, redirects; give the gateway's own address with --gateway";
	return { text: where, hint, isCertain: true };
}

function foreignError(error: string, isHttps: boolean): ForeignAnswer | undefined {
	const text = `a request is not answered: ${error}`;
	if (/wrong version number|packet length too long/i.test(error)) {
		return { text, hint: "the port does not speak TLS: give --gateway http://…", isCertain: true };
	}
	if (/Parse Error|HPE_/.test(error)) {
		return { text, hint: "the port does not speak HTTP; if it speaks TLS, give --gateway https://…", isCertain: true };
	}
	if (!tlsTrouble.test(error)) {
		const isCut = !isHttps && /hang up|ECONNRESET/.test(error);
		return isCut
			? {
					text,
					hint: "if the port speaks TLS, give --gateway https://…; else look at the gateway's log",
					isCertain: false,
				}
			: undefined;
	}
	const hint =
		"TLS to the gateway failed: its certificate is not trusted here or has another name; set NODE_EXTRA_CA_CERTS, or give --gateway http://…";
	return { text, hint, isCertain: true };
}
