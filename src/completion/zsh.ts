import { type CompletedCommand, type CompletedOption, type PlacedCommand, placed, type Values } from "./tree.ts";

/** Completion for zsh, as a file `_knistio` in a folder of fpath, or sourced after compinit. */
export function zshCompletion(program: CompletedCommand, name: string): string {
	const functions = placed(program).map((command) => functionOf(command, name));
	return `#compdef ${name}
# Completion of ${name} for zsh:  ${name} completion zsh > "\${fpath[1]}/_${name}"

${functions.join("\n")}
if [ "$funcstack[1]" = "_${name}" ]; then
	_${name} "$@"
else
	compdef _${name} ${name}
fi
`;
}

const functionName = (path: string, name: string) =>
	`_${[name, ...path.split(" ")].filter((word) => word !== "").join("_")}`;

function functionOf({ path, options, values, commands }: PlacedCommand, name: string): string {
	const self = functionName(path, name);
	const specs = options.flatMap(optionSpecs);
	if (commands.length === 0) {
		const rest = values.map((value, index) => `${index < values.length - 1 ? `${index + 1}` : "*"}:${action(value)}`);
		return `${self}() {\n\t_arguments -S \\\n${lines([...specs, ...rest])}\n}\n`;
	}
	const list = commands.flatMap(({ names, description }) => names.map((word) => `${word}:${escaped(description)}`));
	const cases = commands.map(
		({ names }) => `\t\t\t\t${names.join("|")}) ${functionName(`${path} ${names[0]}`.trim(), name)} ;;`,
	);
	return `${self}() {
	local curcontext="$curcontext" state line
	local -a commands
	commands=(
${list.map((each) => `\t\t${quoted(each)}`).join("\n")}
	)
	_arguments -C -S \\
${lines([...specs, "1: :->command", "*::: :->rest"])}
	case $state in
		command) _describe -t commands command commands ;;
		rest)
			# The command below takes its own name for the first word.
			words=($line[1] "\${words[@]}")
			(( CURRENT += 1 ))
			case $line[1] in
${cases.join("\n")}
			esac
			;;
	esac
}
`;
}

const lines = (specs: readonly string[]) => specs.map((spec) => `\t\t${quoted(spec)}`).join(" \\\n");

/** One for each name: a switch or an option that was given excludes the other name too. */
function optionSpecs({ names, description, value, isRepeatable }: CompletedOption): string[] {
	const once = isRepeatable ? "*" : `(${names.join(" ")})`;
	return names.map((option) => {
		const joined = value === undefined ? "" : option.startsWith("--") ? "=" : "+";
		return `${once}${option}${joined}[${escaped(description)}]${value === undefined ? "" : `:${action(value)}`}`;
	});
}

/** What _arguments calls message and action. */
function action({ name, words, files }: Values): string {
	const label = escaped(name.replaceAll("|", " or "));
	if (words.length === 0) return `${label}:${files ? "_files" : " "}`;
	if (!files) return `${label}:(${words.join(" ")})`;
	const either = `_alternative "words:${label}:(${words.join(" ")})" "files:file:_files"`;
	// A colon would end the action.
	return `${label}: ${either.replaceAll(":", "\\:")}`;
}

/** In a specification these characters have a meaning. */
const escaped = (text: string) => text.replace(/[\\[\]:]/g, (character) => `\\${character}`);

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
