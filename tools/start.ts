/**
 * `npm start`: the desktop application, built first. Where Electron's binary is not there and cannot be fetched, it says so
 * and opens the same application in the browser (`albumen serve`), which needs nothing but Node.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';

const ROOT = join(import.meta.dirname, '..');
const bin = (name: string): string => join(ROOT, 'node_modules', '.bin', name);
const run = (command: string, args: readonly string[]): number =>
  spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', shell: process.platform === 'win32' }).status ?? 1;

/** The path of Electron's program; fetches it the first time. */
function electron(): string | undefined {
  try {
    return String(createRequire(import.meta.url)('electron'));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

const program = electron();
if (program === undefined) {
  console.log('\nElectron could not be fetched: Albumen opens in the browser instead.\n');
  const built = run(bin('vite'), ['build', '-c', 'vite.renderer.config.ts', '--logLevel', 'error']);
  process.exitCode =
    built === 0 ? run(process.execPath, [join(ROOT, 'src/cli/main.ts'), 'serve', '--open']) : built;
} else {
  const built = run(bin('electron-vite'), ['build', '--logLevel', 'error']);
  process.exitCode = built === 0 ? run(program, [ROOT]) : built;
}
