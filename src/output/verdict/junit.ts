import type { Judgement } from "../../gate/judge.ts";
import type { Verdict } from "../../gate/verdict.ts";
import { oneLine } from "../../text/one-line.ts";
import { ledgerWords } from "../words/units.ts";
import {
	amountWords,
	countWords,
	expectedWords,
	foundWords,
	mediansWords,
	simulatedWords,
} from "../words/verdict-words.ts";
import { neededWords } from "./headline.ts";
import { valuesWords } from "./judgement-text.ts";

/**
 * A judgement as JUnit XML, a suite for each profile: a breach is a failure, an inconclusive verdict an error. Neither
 * is ever `skipped`, which most viewers count as fine. There is no standard; this keeps to what the schema of Jenkins'
 * xUnit plugin allows (junit-10.xsd), which is the strictest of those that are read.
 */
export function renderJunit(judgement: Judgement): string {
	const profiles = [...new Set(judgement.verdicts.map((verdict) => verdict.profile))];
	const suites = profiles.flatMap((profile) => suiteLines(profile, judgement));
	const root = `<testsuites name="knistio"${countAttributes(judgement.verdicts)}>`;
	return `${['<?xml version="1.0" encoding="UTF-8"?>', root, ...suites, "</testsuites>"].join("\n")}\n`;
}

function suiteLines(profile: string, judgement: Judgement): string[] {
	const verdicts = judgement.verdicts.filter((verdict) => verdict.profile === profile);
	const simulated = simulatedWords(judgement);
	const name = oneLine(`${profile || "report"}${simulated === undefined ? "" : " (simulated)"}`);
	const ledger = judgement.ledgers.find((each) => each.profile === profile)?.ledger;
	const properties = {
		...(simulated === undefined ? {} : { simulated }),
		...(ledger === undefined ? {} : { attempts: ledgerWords(ledger) }),
	};
	return [
		`\t<testsuite name="${escapeXml(name)}"${countAttributes(verdicts)}>`,
		...propertyLines(properties),
		...verdicts.flatMap((verdict) => caseLines(verdict, name)),
		"\t</testsuite>",
	];
}

function propertyLines(properties: Record<string, string>): string[] {
	const lines = Object.entries(properties).map(
		([name, value]) => `\t\t\t<property name="${name}" value="${escapeXml(oneLine(value))}"/>`,
	);
	return lines.length === 0 ? [] : ["\t\t<properties>", ...lines, "\t\t</properties>"];
}

function countAttributes(verdicts: readonly Verdict[]): string {
	const count = (status: string) => verdicts.filter((verdict) => verdict.status === status).length;
	return ` tests="${verdicts.length}" failures="${count("breach")}" errors="${count("inconclusive")}"`;
}

function caseLines(verdict: Verdict, suite: string): string[] {
	// The same from run to run, so that a viewer can follow it.
	const name = oneLine(`${verdict.measure}: ${verdict.expected}`);
	const attributes = `classname="knistio.${escapeXml(suite)}" name="${escapeXml(name)}"`;
	const detail = escapeXml(detailOf(verdict));
	if (verdict.status === "pass") {
		return [`\t\t<testcase ${attributes}>`, `\t\t\t<system-out>${detail}</system-out>`, "\t\t</testcase>"];
	}
	const element = verdict.status === "breach" ? "failure" : "error";
	const message = escapeXml(oneLine(`${foundWords(verdict)}: ${verdict.reason}`));
	return [
		`\t\t<testcase ${attributes}>`,
		`\t\t\t<${element} type="${verdict.status}" message="${message}">${detail}</${element}>`,
		"\t\t</testcase>",
	];
}

function detailOf(verdict: Verdict): string {
	return [
		oneLine(`expected ${expectedWords(verdict)} (${verdict.source})`),
		oneLine(`found ${amountWords(verdict)}${mediansWords(verdict)}, ${countWords(verdict)}`),
		...(neededWords(verdict) === "" ? [] : [oneLine(neededWords(verdict))]),
		...(verdict.values.length === 0 ? [] : [`values in ms: ${valuesWords(verdict.values)}`]),
	].join("\n");
}

/** Escapes text for an element or an attribute, and leaves out what XML 1.0 cannot hold. */
function escapeXml(text: string): string {
	return text
		.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "")
		.replace(/&/g, "&amp;")
		.replace(/</g, "&lt;")
		.replace(/>/g, "&gt;")
		.replace(/"/g, "&quot;");
}
