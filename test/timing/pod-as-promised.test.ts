import { describe, expect, it } from "vitest";
import { figuresOf } from "../../src/analysis/figures.ts";
import { notesOf } from "../../src/output/report/notes.ts";
import type { Entry } from "../../src/recording/entries.ts";
import { type Loose, onlyStart, recorded, reportOf, withObjects } from "../support/recorded.ts";

const native = recorded("native");

describe("the pod of a cold start", () => {
	const withContainer = (container: object, list = "containers") =>
		withObjects(native, "pods", ({ spec }) => spec[list].push(container));

	it("counts where it is as promised, in every shape", () => {
		for (const name of ["none", "native", "native-cni", "classic", "classic-cni", "hold"]) {
			expect(onlyStart(recorded(name)), name).toMatchObject({ counted: true, findings: [] });
		}
	});

	it.each<[string, Entry[], string]>([
		["a container", withContainer({ name: "linkerd-proxy" }), "linkerd-proxy"],
		["a native sidecar", withContainer({ name: "daprd", restartPolicy: "Always" }, "initContainers"), "daprd"],
		["an init container", withContainer({ name: "vault-agent-init" }, "initContainers"), "vault-agent-init"],
	])("to which a webhook added %s is not counted, with the reason", (_, entries, name) => {
		const start = onlyStart(entries);
		expect(start).toMatchObject({ outcome: "cold", counted: false });
		expect(start.reason).toMatch(/^the pod is not what the profile promises: (init )?containers/);
		expect(start.reason).toContain(name);
		expect(start.findings.map(({ code }) => code)).toEqual(["other-pod"]);
	});

	it("counts with a container that the profile promises", () => {
		const entries = withContainer({ name: "linkerd-proxy" }).map((entry) => {
			if (entry.kind !== "profile") return entry;
			const promises = { ...entry.profile.promises, extraContainers: ["linkerd-proxy"] };
			return { ...entry, profile: { ...entry.profile, promises } };
		});
		expect(onlyStart(entries).counted).toBe(true);
	});

	it("counts with the containers of the service that was measured, and not without", () => {
		const renamed = withObjects(native, "pods", ({ spec, status }) => {
			for (const each of [...spec.containers, ...(status?.containerStatuses ?? [])]) {
				if (each.name === "user-container") each.name = "web";
			}
			spec.containers.push({ name: "cache" });
		});
		const withService = (containers: string[]) =>
			renamed.map((entry) =>
				entry.kind === "profile" ? { ...entry, service: { containers, initContainers: [], capabilities: [] } } : entry,
			);
		expect(onlyStart(withService(["web", "cache"]))).not.toMatchObject({ reason: expect.stringContaining("promise") });
		expect(onlyStart(withService(["web"])).reason).toContain("containers: ");
		expect(onlyStart(renamed).reason).toContain("promised: user-container, queue-proxy");
	});

	it("that has lost its sidecar is not counted", () => {
		const entries = withObjects(native, "pods", ({ spec }) => {
			spec.initContainers = spec.initContainers.filter(({ name }: Loose) => name !== "istio-proxy");
		});
		expect(onlyStart(entries)).toMatchObject({ counted: false });
		expect(onlyStart(entries).reason).toContain("sidecar: none, promised: ");
	});
});

describe("a run whose every start asks the registry", () => {
	const pulled = withObjects(native, "events", (event) => {
		if (event.reason !== "Pulled" || !event.involvedObject.fieldPath.includes("user-container")) return;
		event.message = 'Successfully pulled image "dev.local/helloworld-go:1" in 49ms (49ms including waiting)';
	});
	const always = withObjects(pulled, "pods", ({ spec }) => {
		for (const each of spec.containers) if (each.name === "user-container") each.imagePullPolicy = "Always";
	});
	const findingOf = (entries: readonly Entry[]) => reportOf(entries).profiles[0]?.findings;

	it("tells the containers, the policy and what to change, also among the notes", () => {
		expect(onlyStart(always)).toMatchObject({
			counted: false,
			reason: "image pulled for user-container (imagePullPolicy Always: user-container): kept apart",
		});
		expect(findingOf(always)).toEqual([
			expect.objectContaining({
				code: "always-pulled",
				message: expect.stringContaining("imagePullPolicy Always: user-container"),
				hint: expect.stringContaining("AlwaysPullImages"),
			}),
		]);
		const report = reportOf(always);
		expect(notesOf(figuresOf(report)).join("\n")).toContain("values.global.imagePullPolicy=IfNotPresent");
	});

	it("is told where the policy is not known too", () => {
		expect(onlyStart(pulled).reason).toBe("image pulled for user-container: kept apart");
		expect(findingOf(pulled)?.map(({ code }) => code)).toEqual(["always-pulled"]);
	});

	it("is not one where no start was measured, only the warm-up pulled, or one start counts", () => {
		const asWarmUp = always.map((entry) => ("round" in entry ? { ...entry, round: 0 } : entry));
		const nothing = always.filter(({ kind }) => kind === "run" || kind === "profile");
		for (const entries of [native, asWarmUp, nothing]) expect(findingOf(entries)).toEqual([]);
		const body = (entries: readonly Entry[], round: number) =>
			entries
				.filter(({ kind }) => !["run", "profile", "end"].includes(kind))
				.map((entry) => JSON.parse(JSON.stringify(entry).replaceAll('"uid":"', `"uid":"${round}`)) as Entry)
				.map((entry) => ("round" in entry ? { ...entry, round } : entry));
		const head = native.filter(({ kind }) => kind === "run" || kind === "profile");
		const mixed = reportOf([...head, ...body(always, 1), ...body(native, 2)]);
		expect(mixed.profiles[0]?.coldStarts.map(({ counted }) => counted)).toEqual([false, true]);
		expect(mixed.profiles[0]?.findings).toEqual([]);
		const all = reportOf([...head, ...body(always, 1), ...body(always, 2)]);
		expect(all.profiles[0]?.findings.map(({ code }) => code)).toEqual(["always-pulled"]);
	});
});
