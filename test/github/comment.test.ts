import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

interface Workflow {
	on: object;
	permissions: object;
	jobs: { comment: { permissions: object; if: string; steps: { uses?: string; run?: string }[] } };
}

const path = join(import.meta.dirname, "../../.github/examples/comment.yml");
const workflow = load(readFileSync(path, "utf8")) as Workflow;
const { comment: job } = workflow.jobs;
const folder = temporaryFolder();

/** Stands for GitHub's own: one open pull request, the artifact, and a note of what is written. */
const gh = `#!/usr/bin/env bash
case "$*" in
	"api --method GET repos/me/mine/pulls "*) [[ $* == *"head=someone:$BRANCH "* ]] && echo "$NUMBER"; exit 0 ;;
	"run download 9 "*) [[ -d $ARTIFACT ]] || exit 1; cp -R "$ARTIFACT" "$FOLDER" ;;
	*"/comments --paginate"*) [[ -z $POSTED ]] || echo "$POSTED" ;;
	*"body=@"*) echo "$3 $4" > "$NOTE"; cat "\${@: -1}" 2>/dev/null || cat "\${6#body=@}" >> "$NOTE" ;;
	*) exit 70 ;;
esac
`;

function post(artifact: Record<string, string> | undefined, given: Record<string, string> = {}) {
	const own = mkdtempSync(join(folder, "post-"));
	writeFileSync(join(own, "gh"), gh);
	chmodSync(join(own, "gh"), 0o755);
	for (const [name, text] of Object.entries(artifact ?? {})) {
		mkdirSync(join(own, "artifact", name), { recursive: true });
		const file = join(own, "artifact", name, "comment.md");
		if (text.startsWith("-> ")) symlinkSync(text.slice(3), file);
		else writeFileSync(file, text);
	}
	const note = join(own, "note");
	const ended = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", job.steps[0]?.run ?? "exit 77"], {
		cwd: own,
		encoding: "utf8",
		env: {
			PATH: `${own}:${process.env.PATH}`,
			RUNNER_TEMP: own,
			FOLDER: join(own, "downloaded"),
			ARTIFACT: join(own, "artifact"),
			NOTE: note,
			NUMBER: "12",
			BRANCH: "topic",
			POSTED: "",
			REPOSITORY: "me/mine",
			RUN: "9",
			HEAD_OWNER: "someone",
			HEAD_BRANCH: "topic",
			HEAD_SHA: "abc",
			...given,
		},
	});
	return { ended, note: existsSync(note) ? readFileSync(note, "utf8") : undefined };
}

const comment = "<!-- knistio -->\n## pass\n";

describe("the workflow that comments", () => {
	test("may write comments alone, and runs none of the pull request's code", () => {
		expect(Object.keys(workflow.on)).toEqual(["workflow_run"]);
		expect(workflow.permissions).toEqual({});
		expect(job.permissions).toEqual({ actions: "read", "pull-requests": "write" });
		expect(job.if).toContain("pull_request");
		expect(job.steps.map(({ uses }) => uses)).toEqual([undefined]);
	});

	test("posts the first comment, and replaces it later", () => {
		const first = post({ "knistio-report-bench-0": comment });
		expect(first.ended.status, first.ended.stderr).toBe(0);
		expect(first.note).toBe("POST repos/me/mine/issues/12/comments\n<!-- knistio -->\n\n## pass\n");
		const later = post({ "knistio-report-bench-0": comment }, { POSTED: "345\n678" });
		expect(later.note).toMatch(/^PATCH repos\/me\/mine\/issues\/comments\/345\n/);
	});

	test("joins the comments of several jobs", () => {
		const { note } = post({
			"knistio-report-bench-0": comment,
			"knistio-report-bench-1": "<!-- knistio -->\n## breach\n",
		});
		expect(note?.match(/<!-- knistio -->/g)).toHaveLength(1);
		expect(note).toContain("## pass");
		expect(note).toContain("## breach");
	});

	test("takes the artifact as text: calls nobody, and keeps to GitHub's length", () => {
		const { note = "", ended } = post({ "knistio-report-bench-0": `${comment}@everyone ${"é".repeat(50_000)}` });
		expect(ended.status, ended.stderr).toBe(0);
		expect(note).not.toContain("@everyone");
		expect(note).toContain("@\u200beveryone");
		expect(note.length).toBeLessThan(60_000);
		expect(note).not.toContain("\ufffd");
	});

	test.each([
		["a text that is no comment", { "knistio-report-bench-0": "hello\n" }, {}],
		["a link", { "knistio-report-bench-0": "-> /etc/hostname" }, {}],
		["no artifact", undefined, {}],
		["a pull request that is closed or has moved on", { "knistio-report-bench-0": comment }, { NUMBER: "" }],
		["a number that is none", { "knistio-report-bench-0": comment }, { NUMBER: "1/../../x" }],
	])("posts nothing for %s", (_, artifact, given) => {
		const { ended, note } = post(artifact, given);
		expect(ended.status, ended.stderr).toBe(0);
		expect(note).toBeUndefined();
	});
});
