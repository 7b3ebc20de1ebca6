import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import { load } from "js-yaml";
import { z } from "zod";
import { fileError, UsageError } from "../../errors.ts";

/** An empty text and null are the same as nothing, as for kubectl. */
const text = z
	.string()
	.nullish()
	.transform((value) => value || undefined);
const flag = z
	.boolean()
	.nullish()
	.transform((value) => value ?? false);
const textList = z
	.array(z.string())
	.nullish()
	.transform((value) => value ?? []);
const named = <T extends z.ZodType>(value: T) => z.object({ name: z.string().min(1, "must not be empty") }).and(value);
const extensions = z
	.array(z.object({ name: z.string(), extension: z.unknown() }))
	.nullish()
	.transform((value) => value ?? []);
const orEmpty = <T extends z.ZodType>(schema: T) => z.preprocess((value) => value ?? {}, schema);

const cluster = z.object({
	server: text,
	"tls-server-name": text,
	"insecure-skip-tls-verify": flag,
	"certificate-authority": text,
	"certificate-authority-data": text,
	"proxy-url": text,
	"disable-compression": flag,
	extensions,
});

const exec = z.object({
	command: text,
	args: textList,
	env: z
		.array(z.object({ name: text, value: text }))
		.nullish()
		.transform((value) => value ?? []),
	apiVersion: text,
	installHint: text,
	provideClusterInfo: flag,
	interactiveMode: text,
});

const user = z.object({
	"client-certificate": text,
	"client-certificate-data": text,
	"client-key": text,
	"client-key-data": text,
	token: text,
	tokenFile: text,
	as: text,
	"as-uid": text,
	"as-groups": textList,
	"as-user-extra": z
		.record(z.string(), textList)
		.nullish()
		.transform((value) => value ?? {}),
	username: text,
	password: text,
	"auth-provider": z
		.object({
			name: text,
			config: z
				.record(z.string(), z.string())
				.nullish()
				.transform((value) => value ?? {}),
		})
		.nullish(),
	exec: exec.nullish(),
});

const list = <T extends z.ZodType>(entry: T) =>
	z
		.array(named(entry))
		.nullish()
		.transform((entries) => entries ?? []);

const file = z.object({
	"current-context": text,
	clusters: list(z.object({ cluster: orEmpty(cluster) })),
	users: list(z.object({ user: orEmpty(user) })),
	contexts: list(z.object({ context: orEmpty(z.object({ cluster: text, user: text })) })),
});

/** How to reach a cluster; the fields are the kubeconfig's own, with absolute paths. */
export type ClusterEntry = z.output<typeof cluster>;
/** How to authenticate; the fields are the kubeconfig's own, with absolute paths. */
export type UserEntry = z.output<typeof user>;
/** A credential plugin. */
export type ExecEntry = z.output<typeof exec>;
/** One kubeconfig, or several that were merged. */
export type KubeconfigContent = z.output<typeof file>;

/** A user without anything, for a context that names none. */
export const anonymous = (): UserEntry => user.parse({});

/** Reads a kubeconfig's file. @throws UsageError that names the file and the field, and shows no value */
export async function readKubeconfig(path: string): Promise<KubeconfigContent> {
	let content: string;
	try {
		content = await readFile(path, "utf8");
	} catch (cause) {
		throw fileError("read", path, cause);
	}
	return parseKubeconfig(content, path);
}

/** @param path for messages; the paths in it are relative to its folder, or to the current one where it is no file */
export function parseKubeconfig(content: string, path?: string): KubeconfigContent {
	const where = path ?? "the kubeconfig";
	const parsed = file.safeParse(parseYaml(content, where) ?? {});
	if (!parsed.success) {
		const [issue] = parsed.error.issues;
		const field = (issue?.path ?? []).reduce<string>(
			(before, part) => (typeof part === "number" ? `${before}[${part}]` : `${before && `${before}.`}${String(part)}`),
			"",
		);
		throw notKubeconfig(where, `${field && `${field}: `}${issue?.message}`);
	}
	for (const part of ["clusters", "users", "contexts"] as const) refuseTwins(parsed.data[part], part, where);
	return withAbsolutePaths(parsed.data, path === undefined ? "." : dirname(path));
}

/** js-yaml's own message, and so the cause, would show lines of the file: perhaps a token. */
function parseYaml(content: string, where: string): unknown {
	try {
		return load(content.replace(/^\uFEFF/, ""));
	} catch (cause) {
		const { reason, mark } = cause as { reason?: string; mark?: { line: number; column: number } };
		const position = mark === undefined ? "" : `:${mark.line + 1}:${mark.column + 1}`;
		throw notKubeconfig(`${where}${position}`, reason ?? "it is not YAML");
	}
}

function notKubeconfig(where: string, why: string): UsageError {
	return new UsageError(`${where}: not a kubeconfig: ${why}`, {
		hint: "`kubectl config view` shows whether kubectl can read it",
	});
}

function refuseTwins(entries: { name: string }[], part: string, where: string): void {
	const names = new Set<string>();
	for (const { name } of entries) {
		if (names.has(name)) throw notKubeconfig(where, `the name "${name}" is twice among its ${part}`);
		names.add(name);
	}
}

/** Paths are relative to the file that holds them. A command without a slash is looked for on the PATH. */
function withAbsolutePaths(content: KubeconfigContent, folder: string): KubeconfigContent {
	const absolute = (path: string) => (isAbsolute(path) ? path : resolve(folder, path));
	for (const { cluster } of content.clusters) resolveIn(cluster, ["certificate-authority"], absolute);
	for (const { user } of content.users) {
		resolveIn(user, ["client-certificate", "client-key", "tokenFile"], absolute);
		if (user.exec?.command?.includes("/")) user.exec.command = absolute(user.exec.command);
		const provider = user["auth-provider"];
		if (provider?.name === "oidc") resolveIn(provider.config, ["idp-certificate-authority"], absolute);
	}
	return content;
}

function resolveIn<K extends string>(
	entry: { [key in K]?: string | undefined },
	keys: K[],
	absolute: (path: string) => string,
) {
	for (const key of keys) {
		const path = entry[key];
		if (path) entry[key] = absolute(path);
	}
}

/** The first file that says something wins, as in kubectl. */
export function mergeKubeconfigs(contents: KubeconfigContent[]): KubeconfigContent {
	const merged: KubeconfigContent = { "current-context": undefined, clusters: [], users: [], contexts: [] };
	for (const content of contents) {
		merged["current-context"] ??= content["current-context"];
		add(merged.clusters, content.clusters);
		add(merged.users, content.users);
		add(merged.contexts, content.contexts);
	}
	return merged;
}

function add<T extends { name: string }>(known: T[], more: T[]): void {
	const names = new Set(known.map(({ name }) => name));
	known.push(...more.filter(({ name }) => !names.has(name)));
}
