/** Items of which the first can be found and taken at once, however many there are. */
export interface Heap<T> {
	first(): T | undefined;
	/** Takes the first. */
	shift(): T | undefined;
	push(item: T): void;
	size(): number;
	clear(): void;
}

/** A binary heap; `isBefore` must put any two items into an order. */
export function createHeap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
	const items: T[] = [];

	function rise(start: number): void {
		let index = start;
		const item = items[index] as T;
		while (index > 0) {
			const parent = (index - 1) >> 1;
			const above = items[parent] as T;
			if (!isBefore(item, above)) break;
			items[index] = above;
			index = parent;
		}
		items[index] = item;
	}

	function sink(): void {
		let index = 0;
		const item = items[0] as T;
		for (let child = 1; child < items.length; child = 2 * index + 1) {
			if (child + 1 < items.length && isBefore(items[child + 1] as T, items[child] as T)) child++;
			if (!isBefore(items[child] as T, item)) break;
			items[index] = items[child] as T;
			index = child;
		}
		items[index] = item;
	}

	return {
		first: () => items[0],
		shift() {
			const [first] = items;
			const last = items.pop();
			if (items.length > 0 && last !== undefined) {
				items[0] = last;
				sink();
			}
			return first;
		},
		push(item) {
			items.push(item);
			rise(items.length - 1);
		},
		size: () => items.length,
		clear() {
			items.length = 0;
		},
	};
}
