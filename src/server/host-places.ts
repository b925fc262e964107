/**
 * The folders of this machine as a browser walks them: by opaque ids that mean nothing elsewhere, hidden ones left out.
 * studio-host.ts answers the slice `host` with it; Electron has dialogs instead.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { host } from '../contract/host.ts';
import type { Client } from '../contract/rpc.ts';
import { UserError } from '../domain/errors.ts';
import { printable } from '../domain/text.ts';

type Place = Awaited<ReturnType<Client<typeof host>['places']>>[number];
type Children = Awaited<ReturnType<Client<typeof host>['children']>>;

/** Ids that are remembered, the oldest forgotten first; more than anybody walks in a day. */
const MOST = 100_000;
/** Of one folder, so that a folder of a million files is still an answer. */
const MOST_CHILDREN = 5000;
/** Where systems put drives. */
const DRIVES = ['/media', '/mnt', '/Volumes', '/run/media'];
const LETTERS = 'C D E F G H I J K L M N O P Q R S T U V W X Y Z A B'.split(' ');

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

export class HostPlaces {
  readonly #paths = new Map<string, string>();
  readonly #ids = new Map<string, string>();

  /** Throws UserError `missing` for an id that was never handed out, or too long ago. */
  pathOf(id: string): string {
    const path = this.#paths.get(id);
    if (path !== undefined) return path;
    throw new UserError('missing', 'This place is not known any more.', 'Walk to it again.');
  }

  /** Home, pictures, drives. */
  async places(): Promise<Place[]> {
    const home = homedir();
    const pictures = ['Pictures', 'Photos', 'Bilder']
      .map((name) => join(home, name))
      .find((path) => existsSync(path));
    const drives = process.platform === 'win32' ? letters() : await mounted();
    return [
      this.#place(home, 'home'),
      ...(pictures === undefined ? [] : [this.#place(pictures, 'pictures')]),
      ...drives.map((path) => this.#place(path, 'drive')),
      ...(process.platform === 'win32' ? [] : [this.#place('/', 'folder')]),
    ];
  }

  /** Throws UserError `missing` where the place cannot be opened. */
  async children(id: string, files: boolean): Promise<Children> {
    const path = this.pathOf(id);
    let entries;
    try {
      entries = await readdir(path, { withFileTypes: true });
    } catch (cause) {
      throw new UserError(
        'missing',
        `The folder ${printable(basename(path))} cannot be opened.`,
        'Check that it is there and that you may open it.',
        { cause },
      );
    }
    const places: Place[] = [];
    const named = entries
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => byName.compare(a.name, b.name));
    for (const entry of named) {
      if (places.length === MOST_CHILDREN) break;
      const child = join(path, entry.name);
      // what a link leads to counts
      const seen = entry.isSymbolicLink() ? await stat(child).catch(() => undefined) : entry;
      if (seen?.isDirectory() === true) places.push(this.#place(child, 'folder'));
      else if (files && seen?.isFile() === true) places.push(this.#place(child, 'file'));
    }
    const parent = dirname(path);
    return {
      title: printable(path).slice(0, 4096),
      parent: parent === path ? null : this.#id(parent),
      places,
    };
  }

  #place(path: string, kind: Place['kind']): Place {
    return { id: this.#id(path), title: printable(basename(path) || path).slice(0, 500), kind };
  }

  #id(path: string): string {
    const known = this.#ids.get(path);
    if (known !== undefined) return known;
    const id = randomBytes(16).toString('base64url');
    this.#paths.set(id, path);
    this.#ids.set(path, id);
    const [oldest] = this.#paths;
    if (this.#paths.size > MOST && oldest) {
      this.#paths.delete(oldest[0]);
      this.#ids.delete(oldest[1]);
    }
    return id;
  }
}

/** Folders in which drives appear have one for each of them, or one for each person with those. */
async function mounted(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of DRIVES) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    found.push(...entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name)));
  }
  return found;
}

const letters = (): string[] => LETTERS.map((letter) => `${letter}:\\`).filter((path) => existsSync(path));
