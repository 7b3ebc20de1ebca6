/** A line of a container's log, with the time at which the container runtime had it, ns since 1970. */
export interface LogLine {
	atNs: bigint;
	text: string;
}

/** The log of one container. */
export interface ContainerLog {
	lines: readonly LogLine[];
	/** Whether the container still runs. */
	isOpen: boolean;
}

/** What containers have written, by the uid of their pod. */
export interface ContainerLogs {
	open(uid: string, container: string): void;
	/** Text without the end of its line waits for the rest. */
	write(uid: string, container: string, text: string, atNs: bigint): void;
	close(uid: string, container: string, atNs: bigint): void;
	read(uid: string, container: string): ContainerLog | undefined;
	/** Forgets a pod that is gone. */
	drop(uid: string): void;
	/** Calls back after every change of any log. @returns ends that */
	onChange(listener: () => void): () => void;
}

interface Kept {
	lines: LogLine[];
	rest: string;
	isOpen: boolean;
}

export function createContainerLogs(): ContainerLogs {
	const pods = new Map<string, Map<string, Kept>>();
	const listeners = new Set<() => void>();
	const changed = () => {
		for (const listener of [...listeners]) listener();
	};
	const add = (log: Kept, text: string, atNs: bigint) => {
		// No two lines of a log have the same time.
		const earliest = (log.lines.at(-1)?.atNs ?? 0n) + 1n;
		log.lines.push({ atNs: atNs > earliest ? atNs : earliest, text });
	};
	const find = (uid: string, container: string) => pods.get(uid)?.get(container);
	return {
		open(uid, container) {
			const logs = pods.get(uid) ?? new Map<string, Kept>();
			pods.set(uid, logs.set(container, { lines: [], rest: "", isOpen: true }));
		},
		write(uid, container, text, atNs) {
			const log = find(uid, container);
			if (log === undefined) return;
			const lines = `${log.rest}${text}`.split("\n");
			log.rest = lines.pop() ?? "";
			for (const line of lines) add(log, line, atNs);
			changed();
		},
		close(uid, container, atNs) {
			const log = find(uid, container);
			if (log === undefined) return;
			if (log.rest !== "") add(log, log.rest, atNs);
			log.rest = "";
			log.isOpen = false;
			changed();
		},
		read: find,
		drop(uid) {
			pods.delete(uid);
			changed();
		},
		onChange(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
	};
}
