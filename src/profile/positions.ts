import type { LoadOptions } from "js-yaml";

/** A place in a text; both count from 1, as editors do. */
export interface Position {
	line: number;
	column: number;
}

/** A value of a YAML text, with where it begins and what is in it. */
interface Node {
	/** Offset into the text. */
	from: number;
	value: unknown;
	/** The keys and values of a mapping in turn, or the items of a sequence. */
	children: Node[];
}

/** Gathers the positions of one text while js-yaml reads it. */
export interface PositionRecorder {
	/** To be given to `load` or `loadAll`. */
	listener: NonNullable<LoadOptions["listener"]>;
	/**
	 * Where a value is, named by the keys and indices that lead to it: a key's own place, an item's first character.
	 * The nearest parent's place if there is no such value.
	 */
	positionOf(path: readonly PropertyKey[], document?: number): Position;
}

/** Records where each value of a text is. The listener's events come in the order of the text, one pair a value. */
export function recordPositions(text: string): PositionRecorder {
	const roots: Node[] = [];
	const open: Node[] = [];
	return {
		listener(event, state) {
			if (event === "open") {
				open.push({ from: state.position, value: undefined, children: [] });
				return;
			}
			const node = open.pop();
			if (node === undefined) return;
			node.value = state.result;
			// js-yaml reads a value as if it were the first key of a mapping, and then finds that it is not.
			const [only, ...others] = node.children;
			const settled = only !== undefined && others.length === 0 && only.value === node.value ? only : node;
			(open.at(-1)?.children ?? roots).push(settled);
		},
		positionOf(path, document = 0) {
			const root = roots[document];
			return positionAt(text, root === undefined ? 0 : offsetOf(root, path));
		},
	};
}

function offsetOf(root: Node, path: readonly PropertyKey[]): number {
	let offset = root.from;
	let node: Node | undefined = root;
	for (const step of path) {
		const found: { place: Node; value: Node | undefined } | undefined =
			node === undefined ? undefined : childOf(node, step);
		if (found === undefined) break;
		offset = found.place.from;
		node = found.value;
	}
	return offset;
}

function childOf(node: Node, step: PropertyKey): { place: Node; value: Node | undefined } | undefined {
	if (Array.isArray(node.value)) {
		// js-yaml has no events for an item that is not written, as in "-": then nothing tells which item is which.
		const isWhole = node.children.length === node.value.length;
		const item = isWhole ? node.children[Number(step)] : undefined;
		return item && { place: item, value: item };
	}
	const name = String(step);
	const isKey = (child: Node): boolean => String(child.value) === name;
	const inTurn = node.children.findIndex((child, index) => index % 2 === 0 && isKey(child));
	// A key without a value in a flow mapping, as in {a, b: 1}, shifts the turns.
	const index = inTurn >= 0 ? inTurn : node.children.findIndex(isKey);
	const key = node.children[index];
	return key && { place: key, value: node.children[index + 1] };
}

/** Where an offset into a text is; the end of the text if it lies behind. */
export function positionAt(text: string, offset: number): Position {
	const before = text.slice(0, offset).split("\n");
	return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
