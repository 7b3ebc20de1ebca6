/** The text with what stands between `<!-- name -->` and `<!-- /name -->` replaced. @throws if there is no such block */
export function updateBlock(text: string, name: string, content: string): string {
	const block = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- /${name} -->)`);
	if (!block.test(text)) throw new Error(`there is no block ${name}`);
	return text.replace(block, (_, begin: string, end: string) => `${begin}${content}\n${end}`);
}
