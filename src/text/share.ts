import { UsageError } from "../errors.ts";

/** 0 … 1 of `5%` or `0.05`. @param where the option's name, for the message */
export function parseShare(text: string, where: string): number {
	const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim());
	const share = Number(match?.[1] ?? Number.NaN) / (match?.[2] === "%" ? 100 : 1);
	if (!(share <= 1)) throw new UsageError(`${where}: "${text}" is not a share`, { hint: "such as 5% or 0.05" });
	return share;
}
