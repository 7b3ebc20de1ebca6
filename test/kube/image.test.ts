import { describe, expect, it } from "vitest";
import { istiodVersion } from "../../src/istio/istiod-version.ts";
import { imageTag, parseImage } from "../../src/kube/image.ts";
import { isSameRelease, releaseOf } from "../../src/profile/version-range.ts";

const digest = "sha256:0123";

describe("parseImage", () => {
	it.each([
		["proxyv2", { repository: "proxyv2" }],
		["hub/proxyv2:1.31", { repository: "hub/proxyv2", tag: "1.31" }],
		["host:5000/x/proxyv2:1.31", { repository: "host:5000/x/proxyv2", tag: "1.31" }],
		["host:5000/x/proxyv2", { repository: "host:5000/x/proxyv2" }],
		[`host:5000/x/proxyv2@${digest}`, { repository: "host:5000/x/proxyv2", digest }],
		[`hub/proxyv2:1.31@${digest}`, { repository: "hub/proxyv2", tag: "1.31", digest }],
		["", { repository: "" }],
	])("%s", (image, parts) => expect(parseImage(image)).toEqual(parts));

	it("has no tag of what is no image", () => expect(imageTag(undefined)).toBeUndefined());
});

it.each([
	["1.31.0-distroless", "1.31.0"],
	["v1.31.0", "1.31.0"],
	["1.31-eed52ebb66ad", "1.31-eed52ebb66ad"],
	["1.31.0-rc.1-distroless", "1.31.0-rc.1"],
	["1.31.0_fips+vendor", "1.31.0"],
	["1.31-dev", "1.31-dev"],
	["latest", undefined],
])("the release of %s is %s", (version, release) => expect(releaseOf(version)).toBe(release));

it.each([
	["1.31.0", "1.31.0-asm.33", true],
	["1.31", "1.31.4", true],
	["1.31.0-rc.0", "1.31.0", false],
	["1.31.0-rc.0", "1.31.0-rc.1", false],
	["1.31-eed52ebb66ad", "1.31-0123456789ab", false],
	["1.31.0", "1.32.0", false],
	["1.31.0", "2.31.0", false],
	["mine", "mine", true],
	["mine", "yours", false],
	["mine", "1.31.0", false],
])("%s and %s are one release: %s", (one, other, answer) => {
	expect(isSameRelease(one, other)).toBe(answer);
	expect(isSameRelease(other, one)).toBe(answer);
});

describe("istiodVersion", () => {
	const istiod = (image: string, labels: { own?: string; template?: string } = {}) => ({
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: {
			name: "istiod",
			labels: { app: "istiod", ...(labels.own === undefined ? {} : { "app.kubernetes.io/version": labels.own }) },
		},
		spec: {
			template: {
				metadata: { labels: labels.template === undefined ? {} : { "app.kubernetes.io/version": labels.template } },
				spec: { containers: [{ name: "discovery", image }] },
			},
		},
	});
	it.each([
		["hub/pilot:1.31.0-distroless", {}, "1.31.0-distroless"],
		[`host:5000/pilot:1.31@${digest}`, { own: "1.30.0" }, "1.31"],
		[`hub/pilot@${digest}`, { template: "1.31.0" }, "1.31.0"],
		[`hub/pilot@${digest}`, { own: "1.31.0" }, "1.31.0"],
		["hub/pilot:latest", { own: "1.31.0" }, "1.31.0"],
		["hub/pilot:latest", { own: "mine" }, "latest"],
		[`hub/pilot@${digest}`, {}, undefined],
		["host:5000/pilot", {}, undefined],
	])("of %s with the labels %j is %s", (image, labels, version) =>
		expect(istiodVersion([istiod(image, labels)])).toBe(version));
});
