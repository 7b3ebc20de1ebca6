/** A script or a style sheet for the browser, as .ci/built-text.mjs builds it. */
declare module "*?built" {
	export const text: string;
}
