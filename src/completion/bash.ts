import { type CompletedCommand, type PlacedCommand, placed, steps, wordsOf } from "./tree.ts";

/** Completion for bash 3.2 and later, without the package bash-completion. */
export function bashCompletion(program: CompletedCommand, name: string): string {
	const commands = placed(program);
	return `# Completion of ${name} for bash:  source <(${name} completion bash)

_${name}_words() { COMPREPLY+=($(compgen -W "$1" -- "$cur")); }

_${name}_files() {
	local IFS=$'\\n'
	compopt -o filenames 2>/dev/null
	COMPREPLY+=($(compgen -f -- "$cur"))
}

_${name}() {
	local cur=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD-1]} command="" i
	COMPREPLY=()
	# bash takes --option=value for three words.
	if [[ $cur == "=" ]]; then
		cur=""
	elif [[ $option == "=" ]]; then
		option=\${COMP_WORDS[COMP_CWORD-2]}
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		case "$command/\${COMP_WORDS[i]}" in
${steps(program)
	.map(({ from, word, to }) => `\t\t\t"${from}/${word}") command="${to}" ;;`)
	.join("\n")}
		esac
	done
	case "$command/$option" in
${commands.flatMap(optionCases(name)).join("\n")}
	esac
	if [[ $cur == -* ]]; then
		case "$command" in
${commands.map(({ path, options }) => `\t\t\t"${path}") _${name}_words "${options.flatMap(({ names }) => names).join(" ")}" ;;`).join("\n")}
		esac
		return
	fi
	case "$command" in
${commands.map((command) => `\t\t"${command.path}") ${proposals(name, wordsOf(command), hasFiles(command))} ;;`).join("\n")}
	esac
}

complete -F _${name} ${name}
`;
}

const hasFiles = ({ values }: CompletedCommand) => values.some(({ files }) => files);

const optionCases =
	(name: string) =>
	({ path, options }: PlacedCommand): string[] =>
		options.flatMap(({ names, value }) => {
			if (value === undefined) return [];
			const pattern = names.map((option) => `"${path}/${option}"`).join("|");
			return [`\t\t${pattern}) ${proposals(name, value.words, value.files)}; return ;;`];
		});

function proposals(name: string, words: readonly string[], files: boolean): string {
	const calls = [
		...(words.length > 0 ? [`_${name}_words "${words.join(" ")}"`] : []),
		...(files ? [`_${name}_files`] : []),
	];
	return calls.length === 0 ? ":" : calls.join("; ");
}
