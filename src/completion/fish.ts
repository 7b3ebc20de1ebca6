import { type CompletedCommand, type PlacedCommand, placed, steps, type Values } from "./tree.ts";

/** Completion for fish 3.0 and later. */
export function fishCompletion(program: CompletedCommand, name: string): string {
	const cases = steps(program).map(({ from, word, to }) => `\t\t\tcase '${from}/${word}'\n\t\t\t\tset path '${to}'`);
	return `# Completion of ${name} for fish:  ${name} completion fish > ~/.config/fish/completions/${name}.fish

function __${name}_at
	set -l path ''
	set -l words (commandline -opc)
	for word in $words[2..-1]
		switch "$path/$word"
${cases.join("\n")}
		end
	end
	test "$path" = "$argv[1]"
end

complete -c ${name} -f
${placed(program)
	.flatMap((command) => linesOf(command, `complete -c ${name} -n "__${name}_at '${command.path}'"`))
	.join("\n")}
`;
}

function linesOf({ options, values, commands }: PlacedCommand, start: string): string[] {
	const words = commands.flatMap(({ names, description }) =>
		names.map((word) => `${start} -a ${word} -d ${quoted(description)}`),
	);
	const named = options.map(({ names, description, value }) => {
		const flags = names.map((option) => (option.startsWith("--") ? `-l ${option.slice(2)}` : `-s ${option.slice(1)}`));
		return [start, ...flags, ...afterOption(value), `-d ${quoted(description)}`].join(" ");
	});
	const operands = values.flatMap(({ words, files }) => [
		...(files ? [`${start} -F`] : []),
		...(words.length > 0 ? [`${start} -a ${quoted(words.join(" "))}`] : []),
	]);
	return [...words, ...named, ...operands];
}

function afterOption(value: Values | undefined): string[] {
	if (value === undefined) return [];
	const words = value.words.length === 0 ? [] : [`-a ${quoted(value.words.join(" "))}`];
	return [value.files ? "-r -F" : "-x", ...words];
}

const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
