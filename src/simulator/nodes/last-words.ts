import { type Pod, uidOf } from "../api/objects.ts";
import type { ContainerLogs } from "../world/logs.ts";
import { containersOf } from "../world/runtime.ts";

/** So much of a log the kubelet puts into a status (kubernetes pkg/kubelet/container). */
const most = { lines: 80, characters: 2048 };

/** The end of a failed container's log, where its terminationMessagePolicy asks for it; undefined otherwise. */
export function lastWords(
	logs: ContainerLogs,
	{ pod, name, code }: { pod: Pod; name: string; code: number },
): string | undefined {
	const container = containersOf(pod).find((each) => each.name === name);
	if (code === 0 || container?.terminationMessagePolicy !== "FallbackToLogsOnError") return undefined;
	const lines = logs.read(uidOf(pod), name)?.lines.slice(-most.lines) ?? [];
	return lines
		.map(({ text }) => `${text}\n`)
		.join("")
		.slice(-most.characters);
}
