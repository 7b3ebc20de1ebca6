/** A table whose rows can be walked through. */
export interface LivelyRows {
	/** Draws other rows; the focus stays where it is. */
	replace(markup: string): void;
}

/**
 * Makes the rows of a table walkable: one of them takes the focus, the arrows up and down, Home and End go on from there,
 * and what the row has to say is shown in `about`, as it is when the row is pointed at.
 * @param onSideways is told of the arrows to the left (-1) and right (1)
 */
export function enlivenRows(
	body: HTMLElement,
	{ about, onSideways }: { about: HTMLElement; onSideways: (by: -1 | 1) => void },
): LivelyRows {
	const rows = () => [...body.querySelectorAll<HTMLElement>("tr[data-about]")];
	let current = 0;
	const say = (row: HTMLElement | undefined) => {
		about.textContent = row?.dataset.about ?? "";
	};
	const moveTo = (index: number) => {
		const all = rows();
		const row = all[Math.max(0, Math.min(index, all.length - 1))];
		if (row === undefined) return;
		current = all.indexOf(row);
		for (const each of all) each.tabIndex = each === row ? 0 : -1;
		row.focus();
	};

	const steps: Record<string, () => void> = {
		ArrowDown: () => moveTo(current + 1),
		ArrowUp: () => moveTo(current - 1),
		Home: () => moveTo(0),
		End: () => moveTo(rows().length - 1),
		ArrowLeft: () => onSideways(-1),
		ArrowRight: () => onSideways(1),
	};
	body.addEventListener("keydown", (event) => {
		const step = event.altKey || event.ctrlKey || event.metaKey ? undefined : steps[event.key];
		if (step === undefined) return;
		event.preventDefault();
		step();
	});
	const rowAt = (target: EventTarget | null) =>
		target instanceof Element ? (target.closest<HTMLElement>("tr[data-about]") ?? undefined) : undefined;
	body.addEventListener("focusin", ({ target }) => say(rowAt(target)));
	body.addEventListener("pointerover", ({ target }) => say(rowAt(target)));
	body.addEventListener("click", ({ target }) => {
		const row = rowAt(target);
		if (row !== undefined) moveTo(rows().indexOf(row));
	});

	return {
		replace(markup) {
			const hadFocus = body.contains(document.activeElement);
			body.innerHTML = markup;
			const row = rows()[current] ?? rows()[0];
			if (row === undefined) return;
			row.tabIndex = 0;
			if (hadFocus) row.focus();
			else say(undefined);
		},
	};
}
