/**
 * Albums as folders of pictures: read for a finetune, or generated from one degraded photo, picture by picture.
 * engine/album.ts makes generated ones; finetuning.ts takes either.
 */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import * as v from 'valibot';
import { UserError } from '../domain/errors.ts';
import { counted, quoted } from '../domain/text.ts';
import type { Base } from '../engine/adapter-file.ts';
import { generateAlbum } from '../engine/album.ts';
import type { GuidanceForm } from '../engine/diffusion/guidance.ts';
import { checkAlbum } from '../engine/finetune/request.ts';
import type { Prior } from '../engine/prior.ts';
import type { Runtime } from '../engine/runtime/session.ts';
import { writeImage } from '../imaging/write.ts';
import { AlbumPhotos } from './album-photos.ts';
import type { Album } from './finetuning.ts';
import type { Host } from './host.ts';
import { readJson, writeJson } from './json-file.ts';
import { collectPhotos } from './photos.ts';

/**
 * Every photo of a folder as a crop of S = `size` (album-photos.ts). One that cannot be used is named and left out; throws
 * `album.unsuitable` where fewer than two are left, `usage` for what is no folder.
 */
export async function readAlbum(folder: string, size: number, host: Host): Promise<Album> {
  const { ui, signal } = host;
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UserError(
      'usage',
      `There is no folder ${quoted(folder)}.`,
      'Give a folder with photos of one person.',
    );
  const images: Float32Array[] = [];
  const names: string[] = [];
  await using photos = new AlbumPhotos(size, host);
  for (const { path } of collectPhotos([folder])) {
    if (signal.aborted) throw new UserError('cancelled', 'Stopped; nothing was done.');
    try {
      images.push(await photos.read(path));
      names.push(basename(path));
    } catch (error) {
      if (!(error instanceof UserError) || error.code === 'cancelled') throw error;
      ui.problem(error, 'Left out of the album: ');
    }
  }
  if (photos.cut > 0) ui.note(`Cut the face out of ${counted(photos.cut, 'photo')}.`);
  checkAlbum(images, size, names);
  return { images, names };
}

export interface Generation {
  readonly form: GuidanceForm;
  /** Network evaluations an image; undefined: all. */
  readonly steps: number | undefined;
  /** K of form `paper`. */
  readonly strength: number;
  readonly seed: number;
}

/** Beside the pictures: what they were made from, so that only the same is gone on with. */
const AlbumFile = v.object({ kind: v.literal('albumen-album'), run: v.string() });

/** The hash that names a generated album: base, photo and how, but not its size, as an album may grow. */
export function generationHash(photo: Float32Array, base: Base, how: Generation): string {
  const { form, steps = null, seed } = how;
  const strength = form === 'paper' ? how.strength : null;
  return createHash('sha256')
    .update(JSON.stringify({ base: base.sha256, form, steps, strength, seed }))
    .update(new Uint8Array(photo.buffer, photo.byteOffset, photo.byteLength))
    .digest('hex')
    .slice(0, 32);
}

/** Where image `index` (from 0) of a generated album is. */
export function albumImage(folder: string, index: number): string {
  return join(folder, `${String(index + 1).padStart(2, '0')}.png`);
}

export interface GenerationWork {
  readonly prior: Prior;
  readonly base: Base;
  readonly runtime: () => Promise<Runtime>;
  readonly photo: Float32Array;
  readonly size: number;
  readonly how: Generation;
  readonly folder: string;
}

/** Makes the images that are not there yet, each written as it is done. Returns how many it made. */
export async function generateInto(work: GenerationWork, host: Host): Promise<number> {
  const { prior, base, photo, size, how, folder } = work;
  await claim(folder, generationHash(photo, base, how));
  const missing = missingIn(folder, size);
  const count = missing.reduce((sum, [from, to]) => sum + to - from, 0);
  if (count === 0) return 0;
  if (count < size) host.ui.note(`Going on: ${size - count} of ${counted(size, 'image')} are there.`);
  const runtime = await work.runtime();
  const progress = host.ui.progress('making the album');
  const { form, steps, strength, seed } = how;
  let done = 0;
  try {
    for (const [from, to] of missing) {
      const K = form === 'paper' ? strength : undefined;
      const request = { photo, size: to, from, form, K, steps, seed, signal: host.signal };
      for await (const event of generateAlbum(prior, runtime, request)) {
        if ('image' in event) {
          await writeImage(albumImage(folder, event.done), event.image);
          done++;
        } else {
          const detail = `image ${event.first + 1} of ${size}`;
          progress.update(done * event.of + event.step, count * event.of, { detail });
        }
        await setImmediate();
      }
    }
  } finally {
    progress.end();
  }
  return done;
}

/** Throws `output.unwritable` where the folder holds something else under these names. */
async function claim(folder: string, run: string): Promise<void> {
  const path = join(folder, 'album.json');
  const there = await readJson(path, AlbumFile);
  if (there?.run === run) return;
  const other = 'an album of another photo, model or other options';
  if (there || existsSync(albumImage(folder, 0)))
    throw new UserError(
      'output.unwritable',
      `The folder ${quoted(folder)} already holds ${there ? other : 'pictures that are not of this album'}.`,
      'Choose another folder with --out.',
    );
  await writeJson(path, { kind: 'albumen-album', run });
}

/** Ranges [from, to) of images that are not there. */
function missingIn(folder: string, size: number): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  for (let i = 0; i < size; i++) {
    if (existsSync(albumImage(folder, i))) continue;
    const last = ranges.at(-1);
    if (last?.[1] === i) last[1] = i + 1;
    else ranges.push([i, i + 1]);
  }
  return ranges;
}
