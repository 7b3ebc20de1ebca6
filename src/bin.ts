#!/usr/bin/env node
import { nodeContext } from "./context/context.ts";
import { main } from "./main.ts";

const code = await main(process.argv.slice(2), nodeContext());
// What was said is passed on to whoever reads it; then nothing that was forgotten somewhere keeps the process alive.
for (const stream of [process.stdout, process.stderr]) await flushed(stream);
process.exit(code);

function flushed(stream: NodeJS.WriteStream): Promise<void> {
	return new Promise((resolve) => {
		if (stream.destroyed || !stream.writable) resolve();
		else {
			stream.once("close", resolve);
			stream.write("", () => resolve());
		}
	});
}
