/**
 * Notices that something changed in a library folder, so that a scan can look what. One watcher for each folder on Linux
 * and one for all where the system can; chokidar, which keeps every file in mind, took 425 MB for 100,000 files
 * (docs/performance.md).
 */
import { watch as watchFolder } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { decodeName, encodeName } from './names.ts';
import { isForeignFolder, isPassedOver, isPictureName } from './walk.ts';

export interface WatchOptions {
  /** Quiet for so long before a change is told; a change is told after ten times this in any case. */
  readonly quietMs?: number;
  /** How often a folder that is not there is looked for. */
  readonly lookMs?: number;
  /** One watcher for a whole tree; by default where the system has such a thing. */
  readonly recursive?: boolean;
}

export class FolderWatcher {
  readonly #root: string;
  readonly #changed: () => void;
  readonly #quietMs: number;
  readonly #lookMs: number;
  readonly #recursive: boolean;
  readonly #watchers = new Map<string, FSWatcher>();
  #quiet: NodeJS.Timeout | undefined;
  #firstAt: number | undefined;
  #looking: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * Watches `root` (a path by names.ts) until closed. `changed` hears that there is something to look for, also that the
   * folder went away or came back; never twice within the quiet time.
   */
  constructor(root: string, changed: () => void, options: WatchOptions = {}) {
    this.#root = root;
    this.#changed = changed;
    this.#quietMs = options.quietMs ?? 2000;
    this.#lookMs = options.lookMs ?? 10_000;
    this.#recursive = options.recursive ?? process.platform !== 'linux';
  }

  /** Resolves when everything that is there is watched. */
  async start(): Promise<void> {
    if (!(await isFolder(this.#root))) this.#pause();
    else if (this.#recursive) this.#add('', true);
    else await this.#addTree('');
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#quiet);
    clearTimeout(this.#looking);
    this.#stop();
  }

  async #addTree(path: string): Promise<void> {
    const waiting = [path];
    for (let next = waiting.pop(); next !== undefined && !this.#closed; next = waiting.pop()) {
      if (!this.#add(next, false)) return;
      const entries = await readdir(this.#place(next), { withFileTypes: true, encoding: 'buffer' }).catch(
        () => [],
      );
      for (const entry of entries) {
        const name = decodeName(entry.name);
        if (entry.isDirectory() && !isForeignFolder(name))
          waiting.push(next === '' ? name : `${next}/${name}`);
      }
    }
  }

  /** False where no more can be watched: the system's limit is reached, and scans are all that is left. */
  #add(path: string, recursive: boolean): boolean {
    if (this.#closed || this.#watchers.has(path)) return true;
    let watcher: FSWatcher;
    try {
      const options = { recursive, encoding: 'buffer', persistent: false } as const;
      watcher = watchFolder(this.#place(path), options, (_, name) => void this.#heard(path, name));
    } catch (error) {
      return !(
        error instanceof Error &&
        'code' in error &&
        (error.code === 'ENOSPC' || error.code === 'EMFILE')
      );
    }
    watcher.on('error', () => void this.#lost(path));
    this.#watchers.set(path, watcher);
    return true;
  }

  async #heard(path: string, bytes: Buffer | null): Promise<void> {
    const below = decodeName(bytes ?? Buffer.of()).replaceAll('\\', '/');
    const name = below.slice(below.lastIndexOf('/') + 1);
    if (isPassedOver(name) || isForeignFolder(name)) return;
    const inside = path === '' ? below : `${path}/${below}`;
    if (name === '' || isPictureName(name)) this.#tell();
    else if (await isFolder(this.#join(inside))) {
      if (!this.#recursive) await this.#addTree(inside);
      this.#tell();
    } else if (this.#watchers.has(inside) || !name.includes('.')) {
      // a folder that is gone, most likely
      this.#watchers.get(inside)?.close();
      this.#watchers.delete(inside);
      if (!(await isFolder(this.#root))) this.#pause();
      this.#tell();
    }
  }

  async #lost(path: string): Promise<void> {
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
    if (this.#closed) return;
    if (path === '' || !(await isFolder(this.#root))) this.#pause();
    this.#tell();
  }

  /** The folder is not there (a drive): look for it now and then. */
  #pause(): void {
    this.#stop();
    clearTimeout(this.#looking);
    if (this.#closed) return;
    this.#looking = setTimeout(() => {
      void isFolder(this.#root).then(async (there) => {
        if (!there) this.#pause();
        else {
          await this.start();
          this.#tell();
        }
      });
    }, this.#lookMs).unref();
  }

  #stop(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #tell(): void {
    if (this.#closed) return;
    const now = performance.now();
    this.#firstAt ??= now;
    const wait = Math.min(this.#quietMs, Math.max(0, this.#firstAt + 10 * this.#quietMs - now));
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => {
      this.#firstAt = undefined;
      this.#changed();
    }, wait).unref();
  }

  #place(path: string): string | Buffer {
    return encodeName(this.#join(path));
  }

  #join(path: string): string {
    return path === '' ? this.#root : `${this.#root.replace(/\/$/, '')}/${path}`;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(encodeName(path)).then(
    (seen) => seen.isDirectory(),
    () => false,
  );
}
