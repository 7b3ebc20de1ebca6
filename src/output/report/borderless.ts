/** No lines between cells. */
const chars = {
	top: "",
	"top-mid": "",
	"top-left": "",
	"top-right": "",
	bottom: "",
	"bottom-mid": "",
	"bottom-left": "",
	"bottom-right": "",
	left: "",
	"left-mid": "",
	mid: "",
	"mid-mid": "",
	right: "",
	"right-mid": "",
	middle: " ",
};

/** A table of columns alone, the first of them to the left. */
export const borderless = { chars, style: { head: [], border: [], compact: true } };

/** The same with no more than one blank between columns. */
export const narrow = { chars, style: { ...borderless.style, "padding-left": 0, "padding-right": 0 } };
