/**
 * Folders for test files, in the system's place for what is temporary. Helpers of the folders beside this one hand them on.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folders: string[] = [];
// here, as a hook that is asked for within a test never runs
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder, removed when the test file ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'albumen-test-'));
  folders.push(folder);
  return folder;
}
