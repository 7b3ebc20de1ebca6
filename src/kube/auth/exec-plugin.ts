import { type ChildProcess, spawn } from "node:child_process";
import { z } from "zod";
import { pause } from "../../clock/pause.ts";
import { ClusterError } from "../../errors.ts";
import type { ExecEntry } from "./kubeconfig-file.ts";

/** What a plugin gave: a token, a client certificate, or both. */
export interface PluginCredentials {
	token?: string;
	/** PEM. */
	cert?: string;
	key?: string;
	/** When they are no longer good; ms since the epoch. */
	expiresAtMs?: number;
}

/** What a plugin is given, and what it may use of knistio's own terminal. */
export interface PluginSurroundings {
	env: Record<string, string | undefined>;
	/** The `spec.cluster` of the ExecCredential, for a plugin with provideClusterInfo. */
	cluster(): Promise<object>;
	/** The terminal of whoever runs knistio; left out, the plugin's stderr becomes part of the error. */
	terminal?: PluginTerminal;
	signal?: AbortSignal;
	/** How long a login may take; 10 min by default. */
	limitMs?: number;
}

/** What a plugin may use: stderr in any case, stdin where it is a terminal. */
export interface PluginTerminal {
	isInputTerminal: boolean;
}

const loginLimitMs = 600_000;
/** How long a plugin that was asked to end has for it. */
const graceMs = 1_000;

/**
 * Runs a credential plugin as kubectl does (client.authentication.k8s.io): it gets KUBERNETES_EXEC_INFO, its stderr is
 * shown at once, and it may ask on stdin as its interactiveMode allows.
 * @throws ClusterError with the plugin's own words, never with what it gave; the signal's reason when that is aborted
 */
export async function runPlugin(exec: ExecEntry, surroundings: PluginSurroundings): Promise<PluginCredentials> {
	const { terminal, signal, limitMs = loginLimitMs } = surroundings;
	const isInteractive = mayAsk(exec, terminal);
	const spec = {
		interactive: isInteractive,
		...(exec.provideClusterInfo ? { cluster: await surroundings.cluster() } : {}),
	};
	const info = { apiVersion: exec.apiVersion, kind: "ExecCredential", spec };
	signal?.throwIfAborted();
	const child = spawn(exec.command ?? "", exec.args, {
		env: {
			...surroundings.env,
			...Object.fromEntries(exec.env.map(({ name = "", value = "" }) => [name, value])),
			KUBERNETES_EXEC_INFO: JSON.stringify(info),
		},
		stdio: [isInteractive ? "inherit" : "ignore", "pipe", terminal === undefined ? "pipe" : "inherit"],
		// In a group of its own, all that the plugin starts ends with it. One that may ask needs our terminal's group.
		detached: !isInteractive,
	});
	const ended = endOf(child, exec);
	const answer = await within(limitMs, signal, ended, exec).catch(async (error) => {
		await end(child, !isInteractive, ended);
		throw error;
	});
	return credentialsOf(answer, exec);
}

function mayAsk({ interactiveMode = "IfAvailable" }: ExecEntry, terminal: PluginTerminal | undefined): boolean {
	const isTerminal = terminal?.isInputTerminal === true;
	if (interactiveMode === "Always" && !isTerminal) {
		throw new ClusterError(
			"its exec plugin wants to ask (interactiveMode: Always), and standard input is not a terminal",
			{
				hint: "run knistio in a terminal, or log in by something that does not ask",
			},
		);
	}
	return interactiveMode !== "Never" && isTerminal;
}

/** What the plugin wrote to stdout, when it has ended well. */
function endOf(child: ChildProcess, { command, installHint }: ExecEntry): Promise<string> {
	let [stdout, stderr] = ["", ""];
	child.stdout?.setEncoding("utf8").on("data", (text: string) => {
		stdout += text;
	});
	child.stderr?.setEncoding("utf8").on("data", (text: string) => {
		stderr += text;
	});
	const ended = new Promise<string>((resolve, reject) => {
		child.on("error", (cause: NodeJS.ErrnoException) => reject(notStarted(command, installHint, cause)));
		child.on("close", (code, signal) => {
			if (code === 0) return resolve(stdout);
			const how = code === null ? `was ended by ${signal}` : `failed with exit code ${code}`;
			const said = stderr.trim() || "it said nothing";
			reject(failed(`its exec plugin ${command} ${how}${child.stderr === null ? "" : `: ${said}`}`));
		});
	});
	// Whoever was interrupted in the meantime waits for it no longer.
	ended.catch(() => {});
	return ended;
}

function notStarted(command: string | undefined, installHint: string | undefined, cause: NodeJS.ErrnoException) {
	const isMissing = cause.code === "ENOENT";
	const reason = cause.code === "EACCES" ? "it may not be executed" : cause.message;
	return new ClusterError(`its exec plugin ${command} ${isMissing ? "is not there" : `cannot be run: ${reason}`}`, {
		cause,
		hint: printable(installHint) ?? "install it, or give its path as `command` of the kubeconfig's user",
	});
}

const failed = (message: string) =>
	new ClusterError(message, {
		hint: "`kubectl get namespaces` asks for the same credentials; log in again if it fails too",
	});

/** Without what could change the terminal's state. */
function printable(text: string | undefined): string | undefined {
	return text?.replace(/[^\P{Cc}\n\t]/gu, "").trim() || undefined;
}

async function within(limitMs: number, signal: AbortSignal | undefined, ended: Promise<string>, exec: ExecEntry) {
	const waiting = new AbortController();
	const until = AbortSignal.any([waiting.signal, ...(signal === undefined ? [] : [signal])]);
	try {
		return await Promise.race([
			ended,
			pause(limitMs, until).then(() => {
				throw failed(`its exec plugin ${exec.command} gave nothing within ${limitMs / 1000} s`);
			}),
		]);
	} finally {
		waiting.abort();
	}
}

/** Asks the plugin to end, and after a second no longer asks. */
async function end(child: ChildProcess, isGroup: boolean, ended: Promise<string>): Promise<void> {
	const send = (signal: "SIGTERM" | "SIGKILL") => {
		if (child.pid === undefined) return;
		try {
			process.kill(isGroup ? -child.pid : child.pid, signal);
		} catch {
			// It has ended.
		}
	};
	send("SIGTERM");
	const waiting = new AbortController();
	const isGone = ended.then(
		() => true,
		() => true,
	);
	const isLate = pause(graceMs, waiting.signal).then(
		() => false,
		() => true,
	);
	if (!(await Promise.race([isGone, isLate]))) send("SIGKILL");
	waiting.abort();
	// What it has started may outlive it and hold the pipe.
	child.stdout?.destroy();
	child.stderr?.destroy();
}

const credential = z.object({
	apiVersion: z.string(),
	kind: z.literal("ExecCredential"),
	status: z.object({
		token: z.string().nullish(),
		clientCertificateData: z.string().nullish(),
		clientKeyData: z.string().nullish(),
		expirationTimestamp: z.string().nullish(),
	}),
});

/** What the plugin wrote may be a token, so that no message holds any of it but the API version. */
function credentialsOf(answer: string, exec: ExecEntry): PluginCredentials {
	let json: unknown;
	try {
		json = JSON.parse(answer);
	} catch {
		throw failed(`its exec plugin ${exec.command} wrote no JSON`);
	}
	const { success, data } = credential.safeParse(json);
	if (!success) throw failed(`its exec plugin ${exec.command} wrote no ExecCredential with a status`);
	if (data.apiVersion !== exec.apiVersion) {
		const versions = `${printable(data.apiVersion.slice(0, 60))}, and the kubeconfig says ${exec.apiVersion}`;
		throw failed(`its exec plugin ${exec.command} answered in the apiVersion ${versions}`);
	}
	const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = data.status;
	if (!token && !cert && !key) throw failed(`its exec plugin ${exec.command} gave neither a token nor a certificate`);
	if (!cert !== !key) throw failed(`its exec plugin ${exec.command} gave only one of certificate and key`);
	const expiresAtMs = expirationTimestamp ? Date.parse(expirationTimestamp) : undefined;
	if (Number.isNaN(expiresAtMs))
		throw failed(`its exec plugin ${exec.command} gave an expirationTimestamp that is not a time`);
	return {
		...(token ? { token } : {}),
		...(cert && key ? { cert, key } : {}),
		...(expiresAtMs === undefined ? {} : { expiresAtMs }),
	};
}
