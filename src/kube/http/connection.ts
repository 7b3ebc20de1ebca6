/** An answer of the API server as it came. */
export interface RawAnswer {
	status: number;
	headers: Record<string, string | string[] | undefined>;
	body: Buffer;
	/** Just before the request was handed to the socket, and when the headers had come; `process.hrtime` ns. */
	sentAt: bigint;
	answeredAt: bigint;
}

/** What it takes to open a connection to the API server from another thread. Never printed, never saved. */
export interface Connection {
	/** Such as `https://127.0.0.1:6443`. */
	origin: string;
	/** Prepended to every path; empty unless the server is behind a path. */
	basePath: string;
	/** One of several values goes as several headers. */
	headers: Record<string, string | string[]>;
	tls: {
		ca?: string;
		cert?: string;
		key?: string;
		passphrase?: string;
		servername?: string;
		rejectUnauthorized?: boolean;
	};
	/** `http(s)://` or `socks…://` address of the proxy that the kubeconfig or the environment names. */
	proxyUrl?: string;
	/** When the credentials are no longer good, in ms since the epoch, where that is known. */
	expiresAtMs?: number;
}
