import { createHeap } from "./heap.ts";

/** A wait whose end is not known when it begins: it calls back once, unless it is cancelled. */
export type Wait = (resume: () => void) => Cancel;

/** Something that runs over simulated time: it yields how many milliseconds, or what, to wait for before it goes on. */
export type Process<Result = void> = Generator<number | Wait, Result, void>;

/** Cancels what was planned; does nothing when it has already happened. */
export type Cancel = () => void;

/** Nanoseconds of simulated time since the simulation began. */
export type SimulatedNs = number;

/**
 * Simulated time, which may run faster than real time. Tasks run in the order of the times they were planned for, and
 * `now()` inside a task is that time, so that a late timer of the real machine, or a request that takes it long, does not
 * change what happens.
 */
export interface Clock {
	/** Simulated seconds in a real second. */
	readonly speed: number;
	now(): SimulatedNs;
	/** Nanoseconds since 1970 of a simulated time, by default of now. */
	epochNs(at?: SimulatedNs): bigint;
	/** Nanoseconds since 1970 of what the machine's clock stands for: later than now inside a task that began late. */
	wallEpochNs(): bigint;
	at(when: SimulatedNs, task: () => void): Cancel;
	after(delayMs: number, task: () => void): Cancel;
	run(process: Process): Cancel;
	/** Runs what is due; called before anything from outside is let in, so that causes stay before effects. */
	catchUp(): void;
	close(): void;
}

interface Task {
	when: SimulatedNs;
	/** How many were planned before. */
	order: number;
	run: () => void;
	isCancelled: boolean;
}

interface Drive {
	speed: number;
	epochNs: bigint;
	/** Real time as simulated time. */
	wall: () => SimulatedNs;
	/** Plans the next call of `wake`, instead of the one planned before. */
	arm: (when: SimulatedNs, wake: () => void) => void;
	disarm: () => void;
}

/** How simulated time follows from the monotonic clock of the machine (`process.hrtime.bigint()`), the same in every thread. */
export interface TimeScale {
	hrtimeAtStart: bigint;
	epochNsAtStart: bigint;
	speed: number;
}

/** The simulated time, in ns since 1970, of a reading of `process.hrtime.bigint()`. */
export function simulatedEpochNs(scale: TimeScale, hrtime: bigint): bigint {
	return scale.epochNsAtStart + BigInt(Math.round(Number(hrtime - scale.hrtimeAtStart) * scale.speed));
}

/** A timer of Node may fire this much later than asked; the rest of the wait is spent in turns of the event loop. */
const timerSlackMs = 1.2;

/** A clock driven by the machine's, `speed` times as fast. */
export function createRealClock(scale: TimeScale): Clock {
	let timer: NodeJS.Timeout | undefined;
	let turn: NodeJS.Immediate | undefined;
	const wall = () => Number(process.hrtime.bigint() - scale.hrtimeAtStart) * scale.speed;
	const disarm = () => {
		clearTimeout(timer);
		clearImmediate(turn);
	};
	return driveClock({
		speed: scale.speed,
		epochNs: scale.epochNsAtStart,
		wall,
		arm(when, wake) {
			disarm();
			const realMs = (when - wall()) / scale.speed / 1e6;
			if (realMs > timerSlackMs) timer = setTimeout(wake, Math.max(1, Math.floor(realMs - timerSlackMs)));
			else turn = setImmediate(wake);
		},
		disarm,
	});
}

/** A clock that stands still until a test moves it on. */
export interface ManualClock extends Clock {
	advance(ms: number): void;
}

/** A clock for tests: the same calls give the same order of events, always. */
export function createManualClock(epochNs = 1_700_000_000_000_000_000n): ManualClock {
	let wallNs = 0;
	const clock = driveClock({ speed: 1, epochNs, wall: () => wallNs, arm: () => {}, disarm: () => {} });
	return {
		...clock,
		advance(ms) {
			wallNs += ms * 1e6;
			clock.catchUp();
		},
	};
}

function driveClock(drive: Drive): Clock {
	const tasks = createHeap<Task>(isBefore);
	let planned = 0;
	let lastNs: SimulatedNs = 0;
	let isRunning = false;
	let isClosed = false;

	/** Outside of tasks it is the machine's time, but no later than a task that is due and has not run yet. */
	function now(): SimulatedNs {
		if (!isRunning) lastNs = Math.max(lastNs, Math.min(drive.wall(), tasks.first()?.when ?? Number.POSITIVE_INFINITY));
		return lastNs;
	}

	function catchUp(): void {
		if (isRunning || isClosed) return;
		isRunning = true;
		try {
			for (let next = tasks.first(); next !== undefined && next.when <= drive.wall(); next = tasks.first()) {
				tasks.shift();
				lastNs = Math.max(lastNs, next.when);
				if (!next.isCancelled) next.run();
			}
		} finally {
			isRunning = false;
			armNext();
		}
	}

	function armNext(): void {
		const next = tasks.first();
		if (next !== undefined && !isClosed) drive.arm(next.when, catchUp);
	}

	function at(when: SimulatedNs, run: () => void): Cancel {
		const task: Task = { when: Math.max(when, now()), order: planned++, run, isCancelled: false };
		tasks.push(task);
		if (!isRunning && tasks.first() === task) armNext();
		return () => {
			task.isCancelled = true;
		};
	}

	const after = (delayMs: number, task: () => void) => at(now() + delayMs * 1e6, task);
	return {
		speed: drive.speed,
		now,
		epochNs: (when = now()) => drive.epochNs + BigInt(Math.round(when)),
		wallEpochNs: () => drive.epochNs + BigInt(Math.round(Math.max(lastNs, drive.wall()))),
		at,
		after,
		run: (process) => runProcess(process, after),
		catchUp,
		close() {
			isClosed = true;
			tasks.clear();
			drive.disarm();
		},
	};
}

/** Of tasks that were planned for the same time, the one that was planned first. */
const isBefore = (a: Task, b: Task) => a.when < b.when || (a.when === b.when && a.order < b.order);

/** A process may cause its own end, so a cancelled one is simply never continued. */
function runProcess(process: Process, after: Clock["after"]): Cancel {
	let cancelNext: Cancel = () => {};
	let isCancelled = false;
	const step = () => {
		if (isCancelled) return;
		const next = process.next();
		if (next.done) return;
		cancelNext = typeof next.value === "number" ? after(next.value, step) : next.value(step);
	};
	step();
	return () => {
		isCancelled = true;
		cancelNext();
	};
}

const lastSecond = { second: -1, text: "" };

/** `2026-01-02T03:04:05Z`: a time as most of the API has it, cut to whole seconds. */
export function toSeconds(epochNs: bigint): string {
	const second = Number(epochNs / 1_000_000_000n);
	// Hundreds of times are written in the same second.
	if (second !== lastSecond.second) {
		lastSecond.second = second;
		lastSecond.text = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
	}
	return lastSecond.text;
}

/** `2026-01-02T03:04:05.123456Z`: a MicroTime. */
export function toMicros(epochNs: bigint): string {
	const micros = (epochNs / 1000n) % 1_000_000n;
	return `${toSeconds(epochNs).slice(0, 19)}.${String(micros).padStart(6, "0")}Z`;
}
