import { ClusterError, type ErrorDetail } from "../errors.ts";

/** The API server refused, or could not be reached. `status` and `reason` are Kubernetes' own, where it answered. */
export class ApiError extends ClusterError {
	readonly status: number | undefined;
	readonly reason: string | undefined;

	constructor(message: string, detail: ErrorDetail & { status?: number; reason?: string } = {}) {
		super(message, detail);
		this.status = detail.status;
		this.reason = detail.reason;
	}
}
