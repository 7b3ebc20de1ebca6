/** What the API server answers when it refuses: a `Status` object, thrown. */
export class StatusError extends Error {
	readonly code: number;
	readonly reason: string;
	readonly details: StatusDetails | undefined;
	readonly headers: Record<string, string>;

	constructor(
		message: string,
		answer: { code: number; reason: string; details?: StatusDetails; headers?: Record<string, string> },
	) {
		super(message);
		this.code = answer.code;
		this.reason = answer.reason;
		this.details = answer.details;
		this.headers = answer.headers ?? {};
	}
}

export interface StatusDetails {
	name?: string;
	group?: string;
	kind?: string;
	causes?: { reason: string; message: string; field?: string }[];
	retryAfterSeconds?: number;
}

/** What names an object in a message: the resource's id (`deployments.apps`), its plural and group, the object's name. */
interface Named {
	resource: { id: string; plural: string; group: string; kind: string };
	name: string;
}

function detailsOf({ resource, name }: Named): StatusDetails {
	return { name, ...(resource.group === "" ? {} : { group: resource.group }), kind: resource.plural };
}

/** The wording is that of k8s.io/apimachinery `pkg/api/errors`, so that a client that reads messages is not misled. */
export function notFound(named: Named): StatusError {
	return new StatusError(`${named.resource.id} "${named.name}" not found`, {
		code: 404,
		reason: "NotFound",
		details: detailsOf(named),
	});
}

export function noSuchPath(): StatusError {
	return new StatusError("the server could not find the requested resource", {
		code: 404,
		reason: "NotFound",
		details: {},
	});
}

export function alreadyExists(named: Named): StatusError {
	return new StatusError(`${named.resource.id} "${named.name}" already exists`, {
		code: 409,
		reason: "AlreadyExists",
		details: detailsOf(named),
	});
}

export function conflict(named: Named, why: string): StatusError {
	return new StatusError(`Operation cannot be fulfilled on ${named.resource.id} "${named.name}": ${why}`, {
		code: 409,
		reason: "Conflict",
		details: detailsOf(named),
	});
}

export const staleObject =
	"the object has been modified; please apply your changes to the latest version and try again";

/** Fields that other managers own with another value, each as `conflict with "kubectl": .spec.replicas`. */
export function applyConflict(
	conflicts: readonly { manager: string; field: string; operation: string }[],
): StatusError {
	const causes = conflicts.map((one) => ({
		reason: "FieldManagerConflict",
		message: `conflict with "${one.manager}"${one.operation}`,
		field: one.field,
	}));
	const lines = causes.map((cause) => `${cause.message}: ${cause.field}`);
	const count = causes.length === 1 ? "1 conflict" : `${causes.length} conflicts`;
	return new StatusError(
		`Apply failed with ${count}: ${lines.length === 1 ? lines[0] : `conflicts:\n- ${lines.join("\n- ")}`}`,
		{
			code: 409,
			reason: "Conflict",
			details: { causes },
		},
	);
}

export function invalid(named: Named, field: string, why: string): StatusError {
	return new StatusError(`${named.resource.kind} "${named.name}" is invalid: ${field}: ${why}`, {
		code: 422,
		reason: "Invalid",
		details: {
			...detailsOf(named),
			kind: named.resource.kind,
			causes: [{ reason: "FieldValueInvalid", message: why, field }],
		},
	});
}

export function badRequest(message: string): StatusError {
	return new StatusError(message, { code: 400, reason: "BadRequest" });
}

export function forbidden(message: string, details: StatusDetails = {}): StatusError {
	return new StatusError(message, { code: 403, reason: "Forbidden", details });
}

export function expired(message: string): StatusError {
	return new StatusError(message, { code: 410, reason: "Expired" });
}

export function methodNotAllowed(): StatusError {
	return new StatusError("the server does not allow this method on the requested resource", {
		code: 405,
		reason: "MethodNotAllowed",
		details: {},
	});
}

/** The error as the object that the API server sends. */
export function statusOf(error: StatusError): Record<string, unknown> {
	return {
		kind: "Status",
		apiVersion: "v1",
		metadata: {},
		status: "Failure",
		message: error.message,
		reason: error.reason,
		...(error.details === undefined ? {} : { details: error.details }),
		code: error.code,
	};
}
