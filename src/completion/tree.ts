/** What may stand at a place of a command line. */
export interface Values {
	/** What the help calls it, such as `name|file`. */
	name: string;
	words: readonly string[];
	/** Whether a path may stand there too. */
	files: boolean;
}

/** An option as it is written. */
export interface CompletedOption {
	/** Such as `-o` and `--out`, as far as it has both. */
	names: readonly string[];
	description: string;
	/** What follows it; undefined for a switch. */
	value?: Values;
	isRepeatable: boolean;
}

/** A command with all that may follow it. */
export interface CompletedCommand {
	names: readonly string[];
	description: string;
	options: readonly CompletedOption[];
	/** In their order; the last one stands for all further ones. */
	values: readonly Values[];
	commands: readonly CompletedCommand[];
}

/** A command and the words that lead to it, such as `profiles show`; none for the program itself. */
export interface PlacedCommand extends CompletedCommand {
	path: string;
}

/** The program and every command below it, in their order. */
export function placed(command: CompletedCommand, path = ""): PlacedCommand[] {
	const inside = command.commands.flatMap((each) => placed(each, `${path} ${each.names[0]}`.trim()));
	return [{ ...command, path }, ...inside];
}

/** All words that lead from one command to another: whether to `clean` or `uninstall`, it is the same. */
export function steps(program: CompletedCommand): { from: string; word: string; to: string }[] {
	return placed(program).flatMap(({ path, commands }) =>
		commands.flatMap(({ names }) => names.map((word) => ({ from: path, word, to: `${path} ${names[0]}`.trim() }))),
	);
}

/** Everything that may stand as an argument of a command. */
export const wordsOf = ({ commands, values }: CompletedCommand): string[] => [
	...commands.flatMap(({ names }) => names),
	...values.flatMap(({ words }) => words),
];
