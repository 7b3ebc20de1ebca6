import { expect, it } from "vitest";
import { unreachable } from "../../src/kube/http/unreachable.ts";

const failure = (code: string, message: string) => Object.assign(new Error(message), { code });

it.each([
	["ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:6443", "running"],
	["ECONNREFUSED", "", "running"],
	["ENOTFOUND", "getaddrinfo ENOTFOUND api.example.com", "VPN"],
	["EHOSTUNREACH", "connect EHOSTUNREACH 10.0.0.1:6443", "firewall"],
	["CERT_HAS_EXPIRED", "certificate has expired", "TLS failed"],
	["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate", "TLS failed"],
	["ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match certificate's altnames", "TLS failed"],
	["EPROTO", "write EPROTO wrong version number", "TLS failed"],
	["HPE_INVALID_CONSTANT", "Parse Error: Expected HTTP/", "does not speak HTTP"],
	["ECONNRESET", "socket hang up", "restarting"],
])("explains %s (%s)", (code, message, hint) => {
	const error = unreachable(failure(code, message), "https://10.0.0.1:6443");
	expect(error.message).toBe(`the API server at https://10.0.0.1:6443 cannot be reached: ${message || code}`);
	expect(error.hint).toContain(hint);
	expect(error.exitCode).toBe(4);
});

it("has no hint for what it does not know", () => {
	expect(unreachable(failure("EWHATEVER", "odd"), "https://x").hint).toBeUndefined();
});
