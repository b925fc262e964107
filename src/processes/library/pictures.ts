/**
 * Pictures by kind and opaque id, for hosts to serve: thumbnails, photos and versions in a form that browsers show, faces,
 * maps of what was invented, masks. What has to be made is kept in the cache.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Geometry } from '../../domain/recipe.ts';
import { UserError } from '../../domain/errors.ts';
import type { PixelSource } from '../../faces/face.ts';
import { readPhotograph } from '../../imaging/photograph/read.ts';
import { readScaled } from '../../imaging/photograph/scaled.ts';
import type { Photograph } from '../../imaging/photograph.ts';
import { writeImage } from '../../imaging/write.ts';
import { cropOf, mapOf } from '../../restoration/crops.ts';
import type { Database } from '../../services/db/database.ts';
import type { LibraryService } from '../../services/photos/library.service.ts';
import type { RenditionsService } from '../../services/renditions/renditions.service.ts';
import { maskFile } from './restoring.ts';
import { photoSubject, whereOf } from './subjects.ts';

export interface FoundPicture {
  readonly file: string;
  readonly mime: string;
  readonly immutable: boolean;
}

export interface PictureParts {
  readonly db: Database;
  readonly dataFolder: string;
  readonly library: LibraryService;
  readonly renditions: RenditionsService;
  /** How much of the disk made pictures may fill, in bytes. */
  readonly maxBytes: () => number;
}

/** What browsers show as it is. */
const SHOWN: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.avif': 'image/avif',
};
/** Of a picture that has to be made for the screen: its longest side. */
const SCREEN = 4096;
const SIDES = { least: 32, most: 4096 } as const;
const QUALITY = 88;
/** Pictures made at a time: each holds a whole photo in memory. */
const ABREAST = 2;

export class PictureFinder {
  readonly #parts: PictureParts;
  readonly #folder: string;
  readonly #making = new Map<string, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(parts: PictureParts) {
    this.#parts = parts;
    this.#folder = join(parts.dataFolder, 'cache', 'pictures');
  }

  /** Undefined where there is no such picture, or it cannot be read. */
  async find(kind: string, id: string, side: string | null): Promise<FoundPicture | undefined> {
    const pixels = side === null ? undefined : sideOf(side);
    if (side !== null && pixels === undefined) return undefined;
    try {
      if (kind === 'thumb') return await this.#thumb(id, pixels ?? 256);
      if (kind === 'photo') return await this.#photo(id, pixels);
      if (kind === 'rendition') return await this.#rendition(id, pixels);
      if (kind === 'face') return await this.#face(id, pixels ?? 256);
      if (kind === 'variation') return this.#variation(id);
      if (kind === 'mask') return await this.#mask(id);
      return undefined;
    } catch (error) {
      // a photo that is gone or damaged has no picture; the grid says what is wrong with it
      if (error instanceof UserError && /^(missing|photo\.)/.test(error.code)) return undefined;
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  #bytes = 0;

  /** Removes all that was made. */
  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    this.#bytes = 0;
  }

  /** Counts what is there; what was used longest ago goes where it is too much. */
  async tidy(): Promise<void> {
    const files = [];
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const path = join(this.#folder, name);
      const seen = await stat(path).catch(() => undefined);
      if (seen?.isFile()) files.push({ path, bytes: seen.size, used: seen.mtimeMs });
    }
    this.#bytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { path, bytes } of files.sort((a, b) => a.used - b.used)) {
      if (this.#bytes <= this.#parts.maxBytes()) return;
      await rm(path, { force: true });
      this.#bytes -= bytes;
    }
  }

  async #thumb(id: string, side: number): Promise<FoundPicture | undefined> {
    const file = await this.#parts.library.thumbnail(id, side <= 256 ? 256 : 1024);
    return file === undefined ? undefined : { file, mime: 'image/webp', immutable: false };
  }

  async #photo(id: string, side: number | undefined): Promise<FoundPicture | undefined> {
    const { file, sha256, name } = await this.#subject(id);
    return this.#shown(file, `photo-${sha256}`, extname(name), side);
  }

  async #rendition(id: string, side: number | undefined): Promise<FoundPicture | undefined> {
    const files = this.#parts.renditions.filesOf(id);
    const found = files && (await this.#shown(files.file, `rendition-${id}`, extname(files.file), side));
    return found && { ...found, immutable: true };
  }

  #variation(id: string): FoundPicture | undefined {
    const file = this.#parts.renditions.filesOf(id)?.variation;
    return file === undefined
      ? undefined
      : { file, mime: SHOWN[extname(file)] ?? 'image/webp', immutable: true };
  }

  async #mask(id: string): Promise<FoundPicture | undefined> {
    const job = this.#parts.db.column<string | null>('SELECT job FROM renditions WHERE id = ?').get(id);
    if (job === undefined || job === null) return undefined;
    const file = join(this.#parts.dataFolder, maskFile(job));
    const there = await stat(file).catch(() => undefined);
    return there && { file, mime: 'image/png', immutable: true };
  }

  async #face(id: string, side: number): Promise<FoundPicture | undefined> {
    const row = this.#parts.db
      .query<{ photo: string; box: string; landmarks: string; score: number }>(
        'SELECT photo, box, landmarks, score FROM faces WHERE id = ?',
      )
      .get(id);
    if (!row) return undefined;
    const { file, sha256 } = await this.#subject(row.photo);
    const where: Geometry = { kind: 'face', ...whereOf(row.box, row.landmarks, row.score) };
    // one for all sizes that people see, since most of its cost is reading the photo
    const pixels = side <= 256 ? 256 : 512;
    const place = createHash('sha256').update(JSON.stringify(where)).digest('hex').slice(0, 16);
    return this.#made(`face-${sha256}-${place}-${pixels}`, async (path) => {
      const photo = await readPhotograph(file);
      await writeImage(path, await cropOf(sourceOf(photo), mapOf(where, pixels, photo), pixels), {
        quality: QUALITY,
      });
    });
  }

  /** The file itself where a browser shows it and no size was asked for; else one that is made. */
  async #shown(file: string, key: string, ending: string, side: number | undefined): Promise<FoundPicture> {
    const mime = SHOWN[ending.toLowerCase()];
    if (side === undefined && mime !== undefined) return { file, mime, immutable: false };
    const longest = side ?? SCREEN;
    return this.#made(`${key}-${longest}`, async (path) => {
      const photo = await readPhotograph(file);
      await writeImage(path, await fitted(photo, longest), { quality: QUALITY });
    });
  }

  async #made(key: string, make: (path: string) => Promise<void>): Promise<FoundPicture> {
    const file = join(this.#folder, `${key}.webp`);
    const found = { file, mime: 'image/webp', immutable: true };
    const now = new Date();
    const there = await utimes(file, now, now).then(
      () => true,
      () => false,
    );
    if (there) return found;
    const making =
      this.#making.get(file) ?? this.#inTurn(() => make(file)).finally(() => this.#making.delete(file));
    this.#making.set(file, making);
    await making;
    this.#bytes += (await stat(file)).size;
    if (this.#bytes > this.#parts.maxBytes()) await this.tidy();
    return found;
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    if (this.#busy >= ABREAST) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy++;
    try {
      await mkdir(this.#folder, { recursive: true });
      await work();
    } finally {
      this.#busy--;
      this.#waiting.shift()?.();
    }
  }

  #subject(id: string) {
    return photoSubject(this.#parts.db, id, join(this.#parts.dataFolder, 'cache', 'links'));
  }
}

/** As restoration/detectors.ts has it, without the runtime that comes with detectors. */
const sourceOf = (photo: Photograph): PixelSource => ({
  ...{ width: photo.width, height: photo.height },
  read: (area, width, height) => readScaled(photo, area, width, height),
});

function sideOf(text: string): number | undefined {
  if (!/^[1-9]\d{1,3}$/.test(text)) return undefined;
  const side = Number(text);
  return side >= SIDES.least && side <= SIDES.most ? side : undefined;
}

function fitted(photo: Photograph, longest: number) {
  const scale = Math.min(1, longest / Math.max(photo.width, photo.height));
  const [width = 1, height = 1] = [photo.width, photo.height].map((side) =>
    Math.max(1, Math.round(scale * side)),
  );
  return readScaled(photo, { left: 0, top: 0, width: photo.width, height: photo.height }, width, height);
}
