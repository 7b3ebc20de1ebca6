/**
 * Prints what recordings of a real cluster say about the delays of the model `today`:
 *
 *   npm run fit-model -- RECORDING...
 */
import { readFileSync } from "node:fs";
import { fitModel, type RecordedEntry } from "../src/simulated/fit.ts";
import { loadModel } from "../src/simulated/model.ts";

const lines = process.argv.slice(2).flatMap((file) => readFileSync(file, "utf8").split("\n").filter(Boolean));
const entries = lines.map((line) => JSON.parse(line) as RecordedEntry);
process.stdout.write(`${JSON.stringify(fitModel(entries, loadModel("today")), undefined, "\t")}\n`);
