import { ClusterError, type ErrorDetail } from "../../errors.ts";

/** What an {@link ApiError} may know besides its message. */
export interface ApiErrorDetail extends ErrorDetail {
	status?: number | undefined;
	reason?: string | undefined;
	retryAfterMs?: number | undefined;
}

/** The API server refused, or could not be reached. `status` and `reason` are Kubernetes' own, where it answered. */
export class ApiError extends ClusterError {
	readonly status: number | undefined;
	readonly reason: string | undefined;
	/** After how long the server asks to send the request again, which it has not begun to work on. */
	readonly retryAfterMs: number | undefined;

	constructor(message: string, detail: ApiErrorDetail = {}) {
		super(message, detail);
		this.status = detail.status;
		this.reason = detail.reason;
		this.retryAfterMs = detail.retryAfterMs;
	}
}
