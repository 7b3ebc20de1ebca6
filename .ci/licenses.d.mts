/**
 * The licences of bundled packages as one text, by name and version.
 * @param inputs the bundled files; those outside of node_modules are ours
 * @param root the folder that the files are relative to
 * @throws Error that names the packages without a licence
 */
export function licensesOf(inputs: readonly string[], root?: string): string;
