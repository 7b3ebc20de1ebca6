import { Argument } from "commander";
import type { Declaration } from "./declaration.ts";

const examples = `
Examples:
  # bash: for this shell; put the line into ~/.bashrc for every shell
  source <(knistio completion bash)

  # zsh: into a folder of fpath, such as this one if it is one, and then start a new shell
  knistio completion zsh > ~/.zfunc/_knistio

  # fish
  knistio completion fish > ~/.config/fish/completions/knistio.fish`;

const shells = ["bash", "zsh", "fish"] as const;

/** Declares `knistio completion`. */
export const declareCompletion: Declaration = (program, context) => {
	program
		.command("completion")
		.description("print a script that completes commands, options and their values in a shell")
		.addArgument(new Argument("<shell>", "the shell to print it for").choices(shells))
		.addHelpText("after", examples)
		.action(async (shell: (typeof shells)[number]) => {
			const { completedTree } = await import("../completion/commander-tree.ts");
			const tree = completedTree(program);
			context.stdout(await scripts[shell](tree, program.name()));
		});
};

type Tree = Parameters<typeof import("../completion/bash.ts").bashCompletion>[0];

const scripts: Record<(typeof shells)[number], (tree: Tree, name: string) => Promise<string>> = {
	bash: async (tree, name) => (await import("../completion/bash.ts")).bashCompletion(tree, name),
	zsh: async (tree, name) => (await import("../completion/zsh.ts")).zshCompletion(tree, name),
	fish: async (tree, name) => (await import("../completion/fish.ts")).fishCompletion(tree, name),
};
