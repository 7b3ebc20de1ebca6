/** Numbers that look random and depend on nothing but the seed, the key and how often that key was asked before. */
export interface Random {
	/** Uniform in [0, 1). */
	unit(key: string): number;
	/** Standard normal. */
	normal(key: string): number;
	/** Letters and digits as Kubernetes uses them in generated names. */
	suffix(key: string, length: number): string;
	uuid(key: string): string;
}

const nameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/** The same seed gives each key the same series, whatever is asked in between. */
export function createRandom(seed: number): Random {
	// By the hashes of keys, which are many: names of pods are in them. Two keys with one hash only share the count.
	const draws = new Map<number, number>();

	function unit(key: string): number {
		const counted = hash(key);
		const draw = draws.get(counted) ?? 0;
		draws.set(counted, draw + 1);
		return hash(`${seed}/${key}/${draw}`) / 2 ** 32;
	}

	function letters(key: string, alphabet: string, length: number): string {
		return Array.from({ length }, () => alphabet[Math.floor(unit(key) * alphabet.length)]).join("");
	}

	return {
		unit,
		normal: (key) => Math.sqrt(-2 * Math.log(1 - unit(key))) * Math.cos(2 * Math.PI * unit(key)),
		suffix: (key, length) => letters(key, nameAlphabet, length),
		uuid(key) {
			const hex = letters(key, "0123456789abcdef", 32);
			return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
		},
	};
}

/** A number in letters that spell nothing, as the names of ReplicaSets have it (apimachinery `rand.SafeEncodeString`). */
export function safeName(value: number): string {
	return [...String(value)].map((digit) => nameAlphabet[digit.charCodeAt(0) % nameAlphabet.length]).join("");
}

/** FNV-1a with MurmurHash3's finalizer: 32 bits, well mixed, not for secrets. */
export function hash(text: string): number {
	let state = 0x811c9dc5;
	for (let index = 0; index < text.length; index++) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
	state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
	state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
	return (state ^ (state >>> 16)) >>> 0;
}
