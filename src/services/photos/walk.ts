/**
 * Walks a library folder for picture files: no links followed out of it, nothing fatal, any file name. scan.ts compares
 * what is found with what is known.
 */
import { lstat, stat, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { decodeName, encodeName } from './names.ts';

export interface FoundFile {
  /** Below the root, by names.ts. */
  readonly path: string;
  readonly size: number;
  /** Whole milliseconds. */
  readonly mtime: number;
}

/** One folder at a time: its pictures, or why it cannot be read. */
export interface WalkedFolder {
  /** '' is the root itself. */
  readonly path: string;
  readonly files: readonly FoundFile[];
  readonly troubles: readonly { readonly path: string; readonly message: string }[];
  /** False: it could not be opened, so nothing is known about what is in it or below. */
  readonly readable: boolean;
}

const PICTURE = /\.(jpe?g|jpe|jfif|png|webp|tiff?|gif|avif)$/i;
/** What programs are still writing, and what Albumen itself has written beside an original. */
const PASSED_OVER = /^[.~]|~$|\.(tmp|part|crdownload)\.|\.(restored(-\d+)?|variation)\.\w+$/i;
/** Folders of systems and of other programs. */
const FOREIGN = /^([.~$@]|#recycle$|lost\+found$|System Volume Information$|__MACOSX$|@eaDir$)/i;
/** Requests to the file system under way at a time. */
const ABREAST = 32;
/** Files asked for one after the other, and how long one may take on average, in milliseconds. */
const SLICE = 100;
const SLOW_MS = 0.1;

/** Whether a name is one of a picture that a library shows. */
export function isPictureName(name: string): boolean {
  return PICTURE.test(name) && !PASSED_OVER.test(name);
}

/** Whether a file is one that some program still writes, or Albumen's own. */
export function isPassedOver(name: string): boolean {
  return PASSED_OVER.test(name);
}

/** Whether a folder is a system's or another program's, and not looked into. */
export function isForeignFolder(name: string): boolean {
  return FOREIGN.test(name);
}

/** Depth first, in no promised order. Ends early when `signal` is aborted; throws nothing. */
export async function* walk(root: string, signal: AbortSignal): AsyncGenerator<WalkedFolder> {
  const waiting = [''];
  const realRoot = await realpath(encodeName(root), { encoding: 'buffer' }).catch(() => undefined);
  for (let path = waiting.pop(); path !== undefined && !signal.aborted; path = waiting.pop()) {
    const folder = await look(root, path, realRoot);
    waiting.push(...folder.below);
    yield folder;
  }
}

async function look(
  root: string,
  path: string,
  realRoot: Buffer | undefined,
): Promise<WalkedFolder & { below: readonly string[] }> {
  const troubles: { path: string; message: string }[] = [];
  let entries;
  try {
    entries = await readdir(encodeName(join(root, path)), { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    const message = `This folder could not be opened (${codeOf(error)}).`;
    return { path, files: [], troubles: [{ path, message }], readable: false, below: [] };
  }
  const below: string[] = [];
  const wanted: string[] = [];
  const links: string[] = [];
  for (const entry of entries) {
    const name = decodeName(entry.name);
    const inside = path === '' ? name : `${path}/${name}`;
    if (entry.isSymbolicLink()) links.push(inside);
    else if (entry.isDirectory()) {
      if (!isForeignFolder(name)) below.push(inside);
    } else if (isPictureName(name)) wanted.push(inside);
  }
  for (const link of links) {
    const kind = await followed(root, link, realRoot);
    if (kind === 'file' && isPictureName(link.slice(link.lastIndexOf('/') + 1))) wanted.push(link);
    else if (kind !== 'file')
      troubles.push({ path: link, message: `This is a link that is not followed (it ${kind}).` });
  }
  const files: FoundFile[] = [];
  await statAll(root, wanted, (file, seen) => {
    if (seen instanceof Error)
      troubles.push({ path: file, message: `This file could not be looked at (${codeOf(seen)}).` });
    else if (seen.isFile()) files.push({ path: file, size: seen.size, mtime: Math.round(seen.mtimeMs) });
  });
  return { path, files, troubles, readable: true, below };
}

/** Where a link leads: a file inside the root is as good as any; everything else stays what it is, a link. */
async function followed(root: string, link: string, realRoot: Buffer | undefined): Promise<string> {
  try {
    const real = await realpath(encodeName(join(root, link)), { encoding: 'buffer' });
    const seen = await new Promise<Stats>((resolve, reject) =>
      lstat(real, (error, stats) => (error ? reject(error) : resolve(stats))),
    );
    const inside =
      realRoot !== undefined &&
      real.subarray(0, realRoot.length).equals(realRoot) &&
      (real[realRoot.length] === 0x2f || real[realRoot.length] === 0x5c);
    if (seen.isDirectory()) return 'leads to a folder';
    return inside ? 'file' : 'leads out of the library';
  } catch (error) {
    return codeOf(error) === 'ELOOP' ? 'leads to itself' : 'leads nowhere';
  }
}

/**
 * A second scan of 100,000 files is mostly this. What the system has in memory it answers in microseconds, less than it
 * takes to ask from another thread; where it does not (a drive far away), many are asked at once.
 */
async function statAll(
  root: string,
  paths: readonly string[],
  seen: (path: string, result: Stats | Error) => void,
): Promise<void> {
  for (let from = 0; from < paths.length; from += SLICE) {
    const slice = paths.slice(from, from + SLICE);
    const begin = performance.now();
    for (const path of slice) seen(path, statNow(encodeName(join(root, path))));
    const took = performance.now() - begin;
    // others have their turn
    await breathe();
    if (took > SLOW_MS * slice.length) {
      await statAbreast(root, paths.slice(from + SLICE), seen);
      return;
    }
  }
}

function statNow(path: string | Buffer): Stats | Error {
  try {
    return statSync(path);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Callbacks rather than a promise for each. */
function statAbreast(
  root: string,
  paths: readonly string[],
  seen: (path: string, result: Stats | Error) => void,
): Promise<void> {
  return new Promise((resolve) => {
    let [next, open] = [0, 0];
    const more = (): void => {
      while (open < ABREAST && next < paths.length) {
        const path = paths[next++]!;
        open++;
        stat(encodeName(join(root, path)), (error, stats) => {
          open--;
          seen(path, error ?? stats);
          more();
        });
      }
      if (open === 0 && next === paths.length) resolve();
    };
    more();
  });
}

function join(root: string, path: string): string {
  return path === '' ? root : root.endsWith('/') ? `${root}${path}` : `${root}/${path}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
