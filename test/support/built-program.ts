import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const program = fileURLToPath(new URL("../../dist/bin.js", import.meta.url));

/** The program as users have it, built by `npm run build`, as a process of its own. */
export function startBuilt(argv: string[], env: Record<string, string> = {}, cwd?: string) {
	const child = spawn(process.execPath, [program, ...argv], {
		env: { PATH: process.env.PATH, HOME: "/nonexistent", ...env },
		stdio: ["ignore", "pipe", "pipe"],
		...(cwd === undefined ? {} : { cwd }),
	});
	onTestFinished(() => void child.kill("SIGKILL"));
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding("utf8").on("data", (text: string) => {
			output += text;
		});
	}
	const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
	return { child, ended, output: () => output };
}
