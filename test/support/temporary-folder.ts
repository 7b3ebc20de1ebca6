import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A folder for the tests of one file, gone after the last of them. Not to be called within a test. */
export function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "knistio-test-"));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}
