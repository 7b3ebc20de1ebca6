import type { OwnService } from "../knative/own/service.ts";
import type { EntryOf } from "../recording/entries.ts";
import type { ServiceRequest } from "./observing/request.ts";

/** What a recording must say of the service and the request where they are not knistio's usual ones; no secret is in it. */
export function subjectEntry({
	own,
	asked,
}: {
	own?: OwnService;
	asked: ServiceRequest;
}): Pick<EntryOf<"profile">, "service" | "request"> {
	const { method = "GET", path = "/", expectStatus = 200 } = asked;
	const isUsual = method === "GET" && path === "/" && expectStatus === 200 && own === undefined;
	return {
		...(own === undefined ? {} : { service: own.shape }),
		...(isUsual ? {} : { request: { method, path: path.replace(/\?.*$/s, ""), expectStatus } }),
	};
}
