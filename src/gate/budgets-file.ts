import { FAILSAFE_SCHEMA, load, YAMLException } from "js-yaml";
import { UsageError } from "../errors.ts";
import { holdsItself, holdsItselfWords } from "../text/circle.ts";
import type { WrittenBudget } from "./parse-budget.ts";

/**
 * Reads a budgets file, YAML or JSON: a list of budgets, or a mapping from `profile.measure` to a budget or several.
 * `- minimal.total: p(50) < 3s` means the same with and without quotes.
 *
 * Throws a `UsageError` that names file and line.
 */
export function readBudgetsFile(text: string, file: string): WrittenBudget[] {
	const scalars: { text: string; line: number }[] = [];
	const tree = parseYaml(text, file, scalars);
	if (holdsItself(tree)) throw new UsageError(`${file}: ${holdsItselfWords}`, { hint });
	const budgets = readTree(tree, file, scalars);
	if (budgets.length === 0) throw new UsageError(`${file}: there is not a budget in it`, { hint });
	return budgets;
}

const hint = "write a list, such as:\n  - minimal.total: p(50) < 3s";

type Scalars = { text: string; line: number }[];

function parseYaml(text: string, file: string, scalars: Scalars): unknown {
	const openedOn: number[] = [];
	try {
		return load(text, {
			filename: file,
			// Scalars stay text, so that "5%" and "3" are read by one parser only.
			schema: FAILSAFE_SCHEMA,
			listener(event, state) {
				if (event === "open") openedOn.push(state.line + 1);
				const line = event === "close" ? openedOn.pop() : undefined;
				if (line !== undefined && state.kind === "scalar") scalars.push({ text: String(state.result), line });
			},
		});
	} catch (error) {
		if (!(error instanceof YAMLException)) throw error;
		// Without a mark it is about the file as a whole, such as two documents in it.
		const place = error.mark === undefined ? file : `${file}:${error.mark.line + 1}:${error.mark.column + 1}`;
		throw new UsageError(`${place}: ${error.reason}`, { hint, cause: error });
	}
}

/** The listener reports scalars in the order of the file, which is the order of this walk. */
function readTree(tree: unknown, file: string, scalars: Scalars): WrittenBudget[] {
	let next = 0;
	function sourceOf(scalar: string): string {
		while (next < scalars.length && scalars[next]?.text !== scalar) next++;
		const line = scalars[next++]?.line;
		return line === undefined ? file : `${file}:${line}`;
	}

	function read(node: unknown, key: string | undefined): WrittenBudget[] {
		if (typeof node === "string") {
			const source = sourceOf(node);
			return [{ text: key === undefined ? node : `${key}: ${node}`, source }];
		}
		if (Array.isArray(node)) return node.flatMap((item) => read(item, key));
		if (node === null || typeof node !== "object" || key !== undefined) {
			throw new UsageError(`${file}: ${key ?? "the file"} is not a budget or a list of them`, { hint });
		}
		return Object.entries(node).flatMap(([name, value]) => {
			sourceOf(name);
			return read(value, name);
		});
	}

	// Nothing, or comments only.
	return tree === undefined || tree === null ? [] : read(tree, undefined);
}
