import { expect, it } from "vitest";
import { refusal } from "../../src/kube/api/refusal.ts";

const hintOf = (status: number, body: string) =>
	refusal("get Pod x/a", { status, headers: {}, body: Buffer.from(body) }).hint;
const status = (message: string) => JSON.stringify({ kind: "Status", apiVersion: "v1", message });

it.each([
	[302, "", "no redirect is followed"],
	[200, "<html>log in</html>", "login page"],
	[418, "a teapot", "not the answer of an API server"],
	[404, "404 page not found", "not the answer of an API server"],
	[429, status("too many requests"), "run it again later"],
	[429, "slow down", "run it again later"],
])("an answer with HTTP %i and %j says what to do", (code, body, words) => {
	expect(hintOf(code, body)).toContain(words);
});

it("the API server's own words are enough where they name what is wrong", () => {
	expect(hintOf(422, status("spec.containers: required"))).toBeUndefined();
});
