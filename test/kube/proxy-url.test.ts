import { describe, expect, it } from "vitest";
import { checkProxyUrl, proxyFromEnvironment, proxyName } from "../../src/kube/http/proxy-url.ts";

const proxy = "http://10.9.9.9:3128";
const server = "https://api.example.com:6443";

describe("the proxy that the environment names", () => {
	it.each([
		["HTTPS_PROXY", { HTTPS_PROXY: proxy }, server, proxy],
		["the lower-case name", { https_proxy: proxy }, server, proxy],
		["the upper-case name first", { HTTPS_PROXY: proxy, https_proxy: "http://other:1" }, server, proxy],
		["HTTP_PROXY for plain HTTP", { HTTP_PROXY: proxy }, "http://api.example.com", proxy],
		["HTTP_PROXY not for TLS", { HTTP_PROXY: proxy }, server, undefined],
		["HTTPS_PROXY not for plain HTTP", { HTTPS_PROXY: proxy }, "http://api.example.com", undefined],
		["no ALL_PROXY", { ALL_PROXY: proxy, all_proxy: proxy }, server, undefined],
		["an empty one is none", { HTTPS_PROXY: "" }, server, undefined],
		["one without a scheme is HTTP", { HTTPS_PROXY: "proxy:3128" }, server, "http://proxy:3128"],
		["socks5", { HTTPS_PROXY: "socks5://proxy:1080" }, server, "socks5://proxy:1080"],
		["never for localhost", { HTTPS_PROXY: proxy }, "https://localhost:6443", undefined],
		["never for 127.0.0.0/8", { HTTPS_PROXY: proxy }, "https://127.3.2.1:6443", undefined],
		["never for ::1", { HTTPS_PROXY: proxy }, "https://[::1]:6443", undefined],
	])("%s", (_, env, to, expected) => {
		expect(proxyFromEnvironment(to, env)).toBe(expected);
	});

	it.each([
		["*", server, true],
		["api.example.com", server, true],
		["API.Example.com", server, true],
		["example.com", server, true],
		[".example.com", server, true],
		["*.example.com", server, true],
		["ample.com", server, false],
		["other.com, example.com", server, true],
		["other.com", server, false],
		[".api.example.com", server, false],
		["example.com:6443", server, true],
		["example.com:443", server, false],
		["example.com:443", "https://api.example.com", true],
		["10.0.0.1", "https://10.0.0.1:6443", true],
		["10.0.0.1:6443", "https://10.0.0.1:6443", true],
		["10.0.0.1:1", "https://10.0.0.1:6443", false],
		["10.0.0.0/8", "https://10.200.0.1:6443", true],
		["10.0.0.0/16", "https://10.200.0.1:6443", false],
		["10.0.0.0/99", "https://10.0.0.1:6443", false],
		["10.0.0.0/8", server, false],
		["0.0.0.1", "https://10.0.0.0.1.example.com", false],
		["fd00::/8", "https://[fd00::5]:6443", true],
		["fd00::5", "https://[fd00::5]:6443", true],
		["[fd00::5]:6443", "https://[fd00::5]:6443", true],
		["[fd00::5]:1", "https://[fd00::5]:6443", false],
		["10.0.0.0/8", "https://[fd00::5]:6443", false],
		[":6443, ,", server, false],
	])("is not used by NO_PROXY=%j for %s: %s", (noProxy, to, isExcepted) => {
		for (const name of ["NO_PROXY", "no_proxy"]) {
			const env = { HTTPS_PROXY: proxy, [name]: noProxy };
			expect(proxyFromEnvironment(to, env)).toBe(isExcepted ? undefined : proxy);
		}
	});

	it.each(["http://me:pa%ss@proxy:1", "socks5://%:x@proxy:1"])("is refused with a bare percent sign: %s", (url) => {
		expect(() => proxyFromEnvironment(server, { HTTPS_PROXY: url })).toThrow(
			expect.objectContaining({
				exitCode: 2,
				message: "the proxy in $HTTPS_PROXY or $https_proxy has a % in its name or password that begins no escape",
				hint: "write such a % as %25",
			}),
		);
		expect(proxyFromEnvironment(server, { HTTPS_PROXY: url.replace("%", "%25") })).toBe(url.replace("%", "%25"));
	});

	it("is refused where it is none", () => {
		expect(() => proxyFromEnvironment(server, { HTTPS_PROXY: "ftp://me:hidden@proxy" })).toThrow(
			expect.objectContaining({
				exitCode: 2,
				message: 'the proxy in $HTTPS_PROXY or $https_proxy has the scheme "ftp:"',
			}),
		);
	});
});

describe("a proxy's address", () => {
	it.each([
		"http://p:1",
		"https://p",
		"socks5://p:1",
		"socks5h://p",
		"socks4://p",
		"socks4a://p",
		"socks://p",
	])("may be %s", (url) => expect(() => checkProxyUrl(url, "it")).not.toThrow());

	it.each([
		["ftp://p", 'it has the scheme "ftp:"'],
		["http://", "it is not an address"],
		["proxy", "it is not an address"],
		["socks5://", "it is not an address"],
	])("is not %s", (url, message) => {
		expect(() => checkProxyUrl(url, "it")).toThrow(expect.objectContaining({ exitCode: 2, message }));
	});

	it("is named without its password", () => {
		expect(proxyName("http://me:hidden@proxy:3128/x")).toBe("http://proxy:3128");
	});
});
