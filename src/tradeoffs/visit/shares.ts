/** Lets work run at the same time that shares nothing. */
export interface Shares<Name> {
	/** Runs the work as soon as nobody else holds one of these; who has waited longer goes first if both could. */
	holding<T>(names: readonly Name[], work: () => Promise<T>): Promise<T>;
}

/** Nothing is held at first. */
export function openShares<Name>(): Shares<Name> {
	const held = new Set<Name>();
	let waiting: { names: readonly Name[]; go: () => void }[] = [];
	const next = () => {
		waiting = waiting.filter(({ names, go }) => {
			if (names.some((name) => held.has(name))) return true;
			for (const name of names) held.add(name);
			go();
			return false;
		});
	};
	return {
		async holding(names, work) {
			await new Promise<void>((go) => {
				waiting.push({ names, go });
				next();
			});
			try {
				return await work();
			} finally {
				for (const name of names) held.delete(name);
				next();
			}
		},
	};
}
