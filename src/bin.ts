#!/usr/bin/env node
import { nodeContext } from "./context/context.ts";
import { main, programName } from "./main.ts";

// Everything is written by then. What is still open somewhere must not keep the process alive.
process.exit(await main(process.argv.slice(2), nodeContext(), programName(process.argv[1])));
