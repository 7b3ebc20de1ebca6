import { BlockList, isIP } from "node:net";
import { UsageError } from "../../errors.ts";

const schemes = ["http:", "https:", "socks:", "socks4:", "socks4a:", "socks5:", "socks5h:"];

const noUrl: Partial<URL> = {};

/** @param where what holds the address, for the message, which shows no password. @throws UsageError */
export function checkProxyUrl(url: string, where: string): void {
	const { protocol: scheme, hostname, username = "", password = "" } = URL.canParse(url) ? new URL(url) : noUrl;
	if (scheme !== undefined && schemes.includes(scheme) && hostname !== "") {
		if (isEscaped(username) && isEscaped(password)) return;
		throw new UsageError(`${where} has a % in its name or password that begins no escape`, {
			hint: "write such a % as %25",
		});
	}
	const what = scheme === undefined || schemes.includes(scheme) ? "is not an address" : `has the scheme "${scheme}"`;
	throw new UsageError(`${where} ${what}`, { hint: "such as http://10.0.0.1:3128, https://… or socks5://…" });
}

/** Whether each % begins an escape of UTF-8, as those who read the name and the password expect. */
function isEscaped(text: string): boolean {
	try {
		decodeURIComponent(text);
		return true;
	} catch {
		return false;
	}
}

/** The proxy's address without name and password. */
export function proxyName(url: string): string {
	const { protocol, host } = new URL(url);
	return `${protocol}//${host}`;
}

/**
 * The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY (or their lower-case names) set for a server, by the rules of Go's
 * net/http, which kubectl follows: ALL_PROXY is ignored, the own machine never has a proxy, and NO_PROXY may hold `*`,
 * domains with their subdomains, addresses, CIDR blocks, and a port after all of these but blocks.
 */
export function proxyFromEnvironment(server: string, env: Record<string, string | undefined>): string | undefined {
	const { protocol, hostname, port } = new URL(server);
	const names = protocol === "https:" ? ["HTTPS_PROXY", "https_proxy"] : ["HTTP_PROXY", "http_proxy"];
	const proxy = firstOf(names, env);
	const host = hostname.replace(/^\[|\]$/g, "");
	if (proxy === undefined || isOwnMachine(host)) return undefined;
	const effectivePort = port || (protocol === "https:" ? "443" : "80");
	const excepted = (firstOf(["NO_PROXY", "no_proxy"], env) ?? "").split(",").map((entry) => entry.trim().toLowerCase());
	if (excepted.some((entry) => entry !== "" && matches(entry, host, effectivePort))) return undefined;
	const url = proxy.includes("://") ? proxy : `http://${proxy}`;
	checkProxyUrl(url, `the proxy in $${names.join(" or $")}`);
	return url;
}

function firstOf(names: string[], env: Record<string, string | undefined>): string | undefined {
	return names.map((name) => env[name]).find((value) => value);
}

/** `localhost`, 127.0.0.0/8 and ::1. */
export function isOwnMachine(host: string): boolean {
	return host === "localhost" || (isIP(host) !== 0 && loopback.check(host, familyOf(host)));
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");

function matches(entry: string, host: string, port: string): boolean {
	if (entry === "*") return true;
	const [block = "", length] = entry.split("/");
	if (length !== undefined) return isIP(block) !== 0 && isIP(host) !== 0 && isWithin(host, block, length);
	const { name, wantedPort } = splitPort(entry);
	if (wantedPort !== undefined && wantedPort !== port) return false;
	if (isIP(name) !== 0) return isIP(host) !== 0 && isWithin(host, name, isIP(name) === 6 ? "128" : "32");
	if (isIP(host) !== 0 || name === "") return false;
	const domain = name.replace(/^\*?\./, "");
	return host.endsWith(`.${domain}`) || (name === domain && host === domain);
}

function splitPort(entry: string): { name: string; wantedPort?: string } {
	const [, bracketed, plain, wantedPort] = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(entry) ?? [];
	if (wantedPort !== undefined) return { name: bracketed ?? plain ?? "", wantedPort };
	return { name: entry.replace(/^\[|\]$/g, "") };
}

function isWithin(address: string, block: string, length: string): boolean {
	const bits = Number(length);
	if (!/^\d+$/.test(length) || bits > (isIP(block) === 6 ? 128 : 32)) return false;
	const list = new BlockList();
	list.addSubnet(block, bits, familyOf(block));
	return list.check(address, familyOf(address));
}
