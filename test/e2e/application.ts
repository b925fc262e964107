/**
 * The application as a user starts it, for end-to-end runs: `albumen serve` in a process of its own, over folders of the
 * run's own. steps.ts is what the user then does in the browser.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { build } from 'vite';

const ROOT = join(import.meta.dirname, '../..');
/** What a run leaves for screenshots.ts; whole.e2e.ts empties it first. */
export const RUN = join(ROOT, 'node_modules/.cache/e2e');
export const HOME = join(RUN, 'home');
export const DATA = join(RUN, 'data');
/** A build of its own: tests of the window that run beside build theirs anew. */
const WINDOW = join(RUN, 'window');
const START_MS = 120_000;
const END_MS = 60_000;

export interface Application {
  readonly url: string;
  /** Ctrl-C; resolves to the exit code. Throws where it does not end by itself, after killing it. */
  quit(): Promise<number | null>;
  /** For the end of a failed run: whatever still lives is killed. */
  kill(): void;
}

export async function buildWindow(): Promise<void> {
  const configFile = join(ROOT, 'vite.renderer.config.ts');
  await build({ configFile, logLevel: 'error', build: { outDir: WINDOW, reportCompressedSize: false } });
}

/** Starts Albumen on DATA with what buildWindow built; HOME is its user's home. */
export async function startApplication(): Promise<Application> {
  const args = ['src/cli/main.ts', 'serve', '--library', DATA, '--port', '0', '--window', WINDOW];
  const env = { ...process.env, HOME, USERPROFILE: HOME };
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdout.setEncoding('utf8');
  const kill = (): void => void child.kill('SIGKILL');
  const address = new Promise<string>((resolve) => {
    child.stdout.on('data', (text: string) => {
      said += text;
      const [, url] = /open at: (\S+)/.exec(said) ?? [];
      if (url !== undefined) resolve(url);
    });
  });
  const url = await within(START_MS, address, ended);
  if (typeof url !== 'string') {
    kill();
    throw new Error(`Albumen did not start; it said: ${said}`);
  }
  return {
    url,
    kill,
    quit: async () => {
      child.kill('SIGINT');
      const code = await within(END_MS, ended);
      if (code !== undefined) return code;
      kill();
      throw new Error(`Albumen did not end on SIGINT; it said: ${said}`);
    },
  };
}

/** The first of `promises`; undefined where none came within `ms`. */
async function within<T extends readonly Promise<unknown>[]>(
  ms: number,
  ...promises: T
): Promise<Awaited<T[number]> | undefined> {
  const late = new AbortController();
  try {
    return await Promise.race([...promises, setTimeout(ms, undefined, { signal: late.signal })]);
  } finally {
    late.abort();
  }
}
