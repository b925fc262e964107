/**
 * Damage masks in the library: found for whoever wants to see them, and kept by their hash where somebody painted one, so
 * that a job and every version made with it can be repeated. engine/damage.ts finds; contract/damage.ts has the calls.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MOST_MASK } from '../../contract/damage.ts';
import type { damage } from '../../contract/damage.ts';
import type { Handlers } from '../../contract/rpc.ts';
import { UserError } from '../../domain/errors.ts';
import { decodeMask, encodeMask } from '../../imaging/repair/mask.ts';
import { writeWhole } from '../../imaging/write.ts';
import type { Database } from '../../services/db/database.ts';
import type { Sidecars } from '../../services/db/sidecars.ts';
import { paintedFile } from '../../services/exports/masks.ts';
import type { EngineProcess } from './engine-process.ts';
import { facesOf, photoSubject } from './subjects.ts';

export interface MasksParts {
  readonly db: Database;
  readonly dataFolder: string;
  readonly engine: EngineProcess;
  readonly sidecars: Sidecars;
}

/** Of the recipe of a rendition, as text. */
const NAMED = `json_extract(recipe, '$.repair.mask.sha256')`;
/** Found ones that are kept in memory: somebody who brushes looks again and again. */
const MOST_FOUND = 8;

export class Masks {
  readonly #parts: MasksParts;
  readonly #found = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly handlers: Handlers<typeof damage>;

  constructor(parts: MasksParts) {
    this.#parts = parts;
    this.handlers = {
      find: async ({ photo, tone }, { signal }) => ({ png: await this.#find(photo, tone, signal) }),
      painted: async ({ rendition }) => this.#painted(rendition),
    };
  }

  /**
   * Keeps a mask that somebody painted, as a repair reads it; its hash. Throws UserError `photo.unsuitable` for one that
   * is too large or of another photo, `photo.unreadable` for what is no picture.
   */
  async keep(photo: string, png: Uint8Array): Promise<string> {
    const { db, dataFolder } = this.#parts;
    if (png.length > MOST_MASK)
      throw new UserError(
        'photo.unsuitable',
        `The painted mask has ${(png.length / 1e6).toFixed(1)} MB, more than the ${MOST_MASK / 1e6} MB that are kept.`,
        'Give it black and white, without greys or noise.',
      );
    const size = db
      .query<{ width: number | null; height: number | null }>('SELECT width, height FROM photos WHERE id = ?')
      .get(photo);
    if (!size || size.width === null || size.height === null)
      throw new UserError('missing', 'This photo cannot be read now.', 'Scan its folder again.');
    const mask = await decodeMask(png, size.width, size.height);
    const bytes = await encodeMask({ ...mask, data: mask.data.map((value) => (value < 128 ? 0 : 255)) });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await mkdir(join(dataFolder, 'masks'), { recursive: true });
    await writeWhole(paintedFile(dataFolder, sha256), bytes);
    return sha256;
  }

  /** At the start, before any job runs: masks that neither a job nor a version names. How many were removed. */
  async sweep(): Promise<number> {
    const { db, dataFolder, sidecars } = this.#parts;
    const folder = join(dataFolder, 'masks');
    const there = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.png'));
    if (there.length === 0) return 0;
    const named = new Set([
      ...db.column<string>(`SELECT ${NAMED} FROM renditions WHERE ${NAMED} IS NOT NULL`).all(),
      ...db
        .column<string>(
          `SELECT json_extract(payload, '$.mask') FROM jobs
           WHERE kind = 'restore' AND cleared = 0 AND json_extract(payload, '$.mask') IS NOT NULL`,
        )
        .all(),
    ]);
    const strays = there.filter((name) => !named.has(name.slice(0, -4)));
    if (strays.length > 0)
      // a version that only its sidecar knows is found again by a rebuild
      for await (const { recipe } of sidecars.all('rendition', () => undefined))
        for (const sha256 of recipe.match(/(?<="mask":\s*\{\s*"sha256":\s*")[0-9a-f]{64}/g) ?? [])
          named.add(sha256);
    const removed = strays.filter((name) => !named.has(name.slice(0, -4)));
    for (const name of removed) await rm(join(folder, name), { force: true });
    return removed.length;
  }

  async #find(id: string, tone: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const { db, dataFolder, engine } = this.#parts;
    const photo = await photoSubject(db, id, join(dataFolder, 'cache', 'links'));
    const faces = facesOf(db, id).map(({ where }) => where.box);
    const key = JSON.stringify([photo.sha256, tone, faces]);
    const known = this.#found.get(key);
    if (known) return known;
    const { png } = await engine.use((client) => client.damage({ photo, faces, tone }, { signal }));
    this.#found.set(key, png);
    const [oldest] = this.#found.keys();
    if (this.#found.size > MOST_FOUND && oldest !== undefined) this.#found.delete(oldest);
    return png;
  }

  async #painted(rendition: string): Promise<{ png: Uint8Array<ArrayBuffer> } | null> {
    const { db, dataFolder } = this.#parts;
    const sha256 = db
      .column<string | null>(`SELECT ${NAMED} FROM renditions WHERE id = ? AND deleted_at IS NULL`)
      .get(rendition);
    if (sha256 === undefined || sha256 === null) return null;
    const bytes = await readFile(paintedFile(dataFolder, sha256)).catch(() => undefined);
    return bytes ? { png: new Uint8Array(bytes) } : null;
  }
}
