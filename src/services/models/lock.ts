/**
 * One download of a model at a time, over all processes: a file that names the process. One that was left behind by a
 * process that is gone, or that nobody has touched for long, is taken over. download.ts holds it.
 */
import { mkdir, open, readFile, rm, rmdir, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { codeOf, unwritable } from './files.ts';

const TOUCH_MS = 20_000;
const STALE_MS = 120_000;

/**
 * Makes the folder of `path` and holds the lock until it is disposed of, which removes the folder where it is empty then.
 * Throws `model.busy` where another process or task holds it.
 */
export async function lock(path: string, id: string): Promise<AsyncDisposable> {
  if (!(await take(path))) {
    if (!(await isStale(path))) throw busy(id);
    await rm(path, { force: true });
    if (!(await take(path))) throw busy(id);
  }
  const timer = setInterval(() => {
    const now = new Date();
    // a lock that somebody deleted needs no touching
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_MS);
  timer.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await rm(path, { force: true });
      await rmdir(dirname(path)).catch((error: unknown) => {
        if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error) ?? '')) throw error;
      });
    },
  };
}

async function take(path: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw unwritable(path, error);
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(path, 'utf8'));
    const { mtimeMs } = await stat(path);
    return Date.now() - mtimeMs > STALE_MS || (pid > 0 && !isRunning(pid));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function busy(id: string): UserError {
  return new UserError(
    'model.busy',
    `${quoted(id)} is being downloaded already.`,
    'Wait for that download, or stop it and start again.',
  );
}
