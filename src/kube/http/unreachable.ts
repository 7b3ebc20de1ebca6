import { ClusterError } from "../../errors.ts";
import { ApiError } from "./api-error.ts";

const hints: [RegExp, string][] = [
	[/ECONNREFUSED/, "is the API server running? `kubectl version` asks the same address"],
	[/ENOTFOUND|EAI_AGAIN/, "the name of the API server is not known here; check the kubeconfig's `server` and your VPN"],
	[
		/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|no answer within/,
		"nothing answers there; check the address, the VPN, a firewall",
	],
	[
		/self.signed|unable to (verify|get)|UNABLE_TO|DEPTH_ZERO|CERT_|ERR_TLS|certificate|wrong version number|EPROTO/i,
		"TLS failed; check the kubeconfig's `certificate-authority`, `server` and the client certificate's dates",
	],
	[/HPE_|Parse Error/, "what answers there does not speak HTTP; check the port in the kubeconfig's `server`"],
	[/ECONNRESET|socket hang up|EPIPE|aborted/, "the connection broke; the API server may be restarting"],
];

/** What a failed connection means, in words, with what to look at. Holds the address and never a credential. */
export function unreachable(cause: NodeJS.ErrnoException, origin: string): ApiError {
	const text = `${cause.code ?? ""} ${cause.message}`;
	// Node says nothing but the code where a name has several addresses and none answers.
	const said = cause.message || cause.code || cause.name;
	const known = cause instanceof ClusterError ? cause.hint : undefined;
	const hint = known ?? hints.find(([pattern]) => pattern.test(text))?.[1];
	return new ApiError(`the API server at ${origin} cannot be reached: ${said}`, {
		cause,
		...(hint === undefined ? {} : { hint }),
	});
}
