/**
 * Prints what recordings of a real cluster say about the delays of a model:
 *
 *     npx esbuild src/simulated/fit-recordings.ts --bundle --platform=node --format=esm --outfile=FIT.mjs
 *     node FIT.mjs RECORDING...
 */
import { readFileSync } from "node:fs";
import { fitModel, type RecordedEntry } from "./fit.ts";
import { loadModel } from "./model.ts";

const lines = process.argv.slice(2).flatMap((file) => readFileSync(file, "utf8").split("\n").filter(Boolean));
const entries = lines.map((line) => JSON.parse(line) as RecordedEntry);
process.stdout.write(`${JSON.stringify(fitModel(entries, loadModel("today")), undefined, "\t")}\n`);
