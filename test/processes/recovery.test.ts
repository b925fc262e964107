/**
 * A library whose database is really broken: what a start says, and both ways out of it, through the processes themselves.
 * src/processes/library/recovery.ts is what they take.
 */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { backUpNow } from '../../src/services/db/backup.ts';
import { openDatabase, placesIn } from '../../src/services/db/open.ts';
import { openStudio, photoWithFace, places, scanAll } from './studio.ts';
import type { OpenStudio, Places } from './studio.ts';

/** Two photos, one of them rated, and a person; closed in order. The rated one. */
async function lived(at: Places): Promise<string> {
  for (const n of [1, 2]) await photoWithFace(join(at.photos, `${n}.jpg`), n);
  return visited(at, {}, async (studio) => {
    await studio.host.libraryHost.addFolder({ path: at.photos });
    await scanAll(studio);
    const [photo] = await studio.window.photos.ids({ filter: {}, order: 'newest', limit: 10 });
    await studio.window.photos.update({ photos: [photo!], edit: { rating: 4 } });
    await studio.window.people.create({ name: 'anna' });
    return photo!;
  });
}

async function visited<T>(
  { data }: Places,
  options: Parameters<typeof openStudio>[1],
  work: (studio: OpenStudio) => Promise<T>,
): Promise<T> {
  const studio = openStudio(data, options);
  try {
    return await work(studio);
  } finally {
    await studio.library.close();
  }
}

/** Overwrites pages in the middle, as a failing drive does; the last process did not end in order. */
function damage({ data }: Places): void {
  const { database, health } = placesIn(data);
  const bytes = readFileSync(database);
  bytes.fill(0xa5, 2 * 4096, Math.min(bytes.length, 60 * 4096));
  writeFileSync(database, bytes);
  rmSync(health);
}

/** People, once as many are there. */
async function people({ window }: OpenStudio, count: number): Promise<string[]> {
  for (;;) {
    const list = await window.people.list({});
    if (list.length >= count) return list.map(({ name }) => name);
    await setTimeout(50);
  }
}

test('a damaged database is said, with what to do; built anew, all that was said comes back', async () => {
  const at = places();
  const photo = await lived(at);
  damage(at);
  await visited(at, {}, async ({ window }) => {
    await expect(window.people.list({})).rejects.toMatchObject({
      code: 'library.corrupt',
      advice: expect.stringMatching(/albumen serve --recover backup.*--recover rebuild/) as unknown,
    });
  });
  await visited(at, { recover: 'rebuild' }, async (studio) => {
    const { window, host } = studio;
    const recovery = await host.files.recovery({});
    expect(recovery?.from).toBeNull();
    expect(readdirSync(at.data)).toContain(recovery?.setAside);
    expect(await people(studio, 1)).toEqual(['anna']);
    expect((await window.photos.timeline({ filter: {}, order: 'newest' })).total).toBe(2);
    const rated = await window.photos.ids({ filter: { rating: 4 }, order: 'newest', limit: 10 });
    expect(rated).toHaveLength(1);
    expect(rated).not.toContain(photo);
  });
});

test('the newest copy takes its place, and what came after it comes from the sidecars', async () => {
  const at = places();
  const photo = await lived(at);
  const { backups } = placesIn(at.data);
  rmSync(backups, { recursive: true });
  {
    using opened = openDatabase(at.data);
    backUpNow(opened.db, backups);
  }
  await visited(at, {}, async ({ window }) => {
    await window.people.create({ name: 'after the copy' });
    await window.photos.update({ photos: [photo], edit: { rating: 2 } });
  });
  damage(at);
  await visited(at, { recover: 'backup' }, async (studio) => {
    const recovery = await studio.host.files.recovery({});
    expect(recovery?.from).toMatch(/^studio-.*\.db$/);
    expect(await people(studio, 2)).toEqual(['after the copy', 'anna']);
    expect(await studio.window.photos.get({ photo })).toMatchObject({ rating: 2 });
  });
});

test('a sound database is opened as ever, whatever was asked for', async () => {
  const at = places();
  const photo = await lived(at);
  await visited(at, { recover: 'rebuild' }, async ({ host, window }) => {
    expect(await host.files.recovery({})).toBeNull();
    expect(await window.photos.get({ photo })).toMatchObject({ rating: 4 });
  });
});
