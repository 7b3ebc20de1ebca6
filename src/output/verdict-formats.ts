import type { RenderVerdicts } from "./verdict/render.ts";

/** A format that verdicts can be saved in, for a CI system. */
export interface VerdictFormat {
	/** Also the option that takes the file: `--NAME <file>`. */
	name: string;
	/** For the help of that option. */
	description: string;
	/** Loads the renderer when it is needed, so that `knistio --help` starts fast. */
	load(): Promise<RenderVerdicts>;
}

/** Every format of verdicts. Each is an option of all commands that judge: `bench`, `check` and `replay`. */
export const verdictFormats: readonly VerdictFormat[] = [
	{
		name: "junit",
		description: "write the verdicts as JUnit XML",
		load: async () => (await import("./verdict/junit.ts")).renderJunit,
	},
	{
		name: "summary",
		description: "write a Markdown summary; it is also appended to $GITHUB_STEP_SUMMARY if that is set",
		load: async () => (await import("./verdict/judgement-markdown.ts")).renderStepSummary,
	},
	{
		name: "comment",
		description: "write a Markdown comment for a pull request",
		load: async () => (await import("./verdict/judgement-markdown.ts")).renderPullRequestComment,
	},
	{
		name: "github-action-benchmark",
		description: "write the medians for github-action-benchmark (tool customSmallerIsBetter)",
		load: async () => (await import("./verdict/benchmark-json.ts")).renderGithubActionBenchmark,
	},
	{
		name: "bencher",
		description: "write the medians in Bencher Metric Format",
		load: async () => (await import("./verdict/benchmark-json.ts")).renderBencher,
	},
];
