import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openKube } from "../../src/kube/api/client.ts";
import type { Program } from "../../src/simulator/world/programs.ts";

const program = fileURLToPath(new URL("../../dist/bin.js", import.meta.url));

/** The image whose containers run the built program. */
export const knistioImage = "dev.local/knistio:1";

/** What else a test may want of the containers. */
export interface JobWorld {
	/** The cluster's kubeconfig, as soon as there is one. */
	kubeconfig: string;
	/** For the files of the containers. */
	folder: string;
	/** A script of the shell that runs instead of the built program, with the arguments that this was to have. */
	script?: string;
}

/**
 * What runs in the containers of a Job: the built program as a process of its own, in a folder of its own, with the
 * arguments that the Job gives it, and with the Secret that it mounts.
 */
export function jobProgram(world: JobWorld): Program {
	let count = 0;
	return (pod, container, io) => {
		if (container.image !== knistioImage) return undefined;
		const folder = join(world.folder, `container-${++count}`);
		mkdirSync(folder, { recursive: true });
		const run = async () => {
			const archive = await mountSecret(world, pod.metadata.namespace ?? "", folder);
			const args = (container.args as string[]).map((arg) =>
				arg.replace(/^--files=.*/, `--files=${archive}`).replaceAll("/tmp/knistio-in", join(folder, "in")),
			);
			const command = world.script === undefined ? [process.execPath, program] : ["sh", "-c", world.script, "sh"];
			const child = spawn(command[0] ?? "", [...command.slice(1), ...args], {
				cwd: folder,
				env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, "kubeconfig") },
				stdio: ["ignore", "pipe", "pipe"],
			});
			for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", io.write);
			io.terminated.addEventListener("abort", () => child.kill("SIGTERM"));
			io.killed.addEventListener("abort", () => child.kill("SIGKILL"));
			return new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? 137)));
		};
		return run();
	};
}

async function mountSecret(world: JobWorld, namespace: string, folder: string): Promise<string> {
	writeFileSync(join(folder, "kubeconfig"), world.kubeconfig);
	const cluster = await openKube({ text: world.kubeconfig, env: {} });
	const secret = await cluster.get({ apiVersion: "v1", kind: "Secret", namespace, name: "knistio-bench-files" });
	cluster.close();
	const [content = ""] = Object.values((secret?.data ?? {}) as Record<string, string>);
	writeFileSync(join(folder, "files.json.gz"), Buffer.from(content, "base64"));
	return join(folder, "files.json.gz");
}
