/**
 * From an empty folder to an exported restoration, through the real processes: scan, faces, restore, finetune, export.
 * crash.test.ts does the same while it kills them.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Preview } from '../../src/domain/job.ts';
import type { LossPoint } from '../../src/domain/person.ts';
import { openStudio, photoWithFace, places, quick, scanAll, until, useTiny } from './studio.ts';
import type { OpenStudio } from './studio.ts';

const at = places();

/** What a finetune shows while it runs; the answer, once it has ended. */
function watchLearning({ window }: OpenStudio, job: string) {
  const pictures: Preview[] = [];
  const points: LossPoint[] = [];
  const left = new AbortController();
  const looking = (async () => {
    for await (const picture of window.jobs.previews({ job }, { signal: left.signal }))
      pictures.push(picture);
  })().catch((error: unknown) => {
    if (!left.signal.aborted) throw error;
  });
  const reading = (async () => {
    for await (const more of window.jobs.losses({ job })) points.push(...more);
  })();
  return async () => {
    await reading;
    left.abort();
    await looking;
    return { pictures, points };
  };
}

it('goes from photos to exported restorations', { timeout: 300_000 }, async () => {
  for (let n = 0; n < 3; n++) await photoWithFace(join(at.photos, `photo ${n}.jpg`), n);
  const studio = openStudio(at.data);
  const { window, host, library } = studio;
  await useTiny(studio);
  await host.libraryHost.addFolder({ path: at.photos });
  await scanAll(studio);
  const { photos } = await window.photos.page({ offset: 0, limit: 10 });
  expect(photos).toHaveLength(3);
  const ids = photos.map(({ id }) => id);

  const { jobs: looking } = await window.jobs.findFaces({ photos: ids });
  expect(await until(studio, looking[0] ?? '')).toMatchObject({ state: 'done', error: null });
  const faces = (await Promise.all(ids.map((photo) => window.people.inPhoto({ photo })))).flat();
  expect(faces).toHaveLength(3);

  const person = await window.people.create({ name: 'anna', faces: faces.map(({ id }) => id) });
  await window.albums.set({ person: person.id, faces: faces.map(({ id }) => id) });
  const choice = { recipe: 'fast', weights: 'adapter' } as const;
  const { jobs: learning } = await window.jobs.finetune({ person: person.id, choice });
  const watched = watchLearning(studio, learning[0] ?? '');
  expect(await until(studio, learning[0] ?? '')).toMatchObject({ state: 'done', error: null });
  const { pictures, points } = await watched();
  expect(pictures.length).toBeGreaterThan(0);
  expect(pictures.at(-1)).toMatchObject({ of: 4, face: null, mime: 'image/webp' });
  expect(Buffer.from(pictures[0]?.image ?? []).toString('latin1', 8, 12)).toBe('WEBP');
  expect(points.filter(({ loss }) => loss !== null).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  const [adapter] = await window.albums.adapters({ person: person.id });
  expect(adapter).toMatchObject({ base: 'tiny', photos: 3, steps: 4, recipe: 'fast' });
  expect((await window.jobs.estimate({ person: person.id, choice })).seconds).toBeGreaterThan(0);

  const prior = { kind: 'person', person: person.id } as const;
  const asked = { photos: ids.slice(0, 1), choice: { ...quick, candidates: 2, prior } };
  const { jobs: restoring } = await window.jobs.restore(asked);
  expect(await until(studio, restoring[0] ?? '')).toMatchObject({ state: 'done', error: null });
  const renditions = await window.renditions.of({ photo: ids[0] ?? '' });
  expect(renditions).toHaveLength(2);
  expect(renditions.every(({ people, hasVariation }) => people[0] === person.id && hasVariation)).toBe(true);
  const id = renditions[0]?.id ?? '';
  for (const kind of ['rendition', 'variation'])
    expect((await host.files.picture({ kind, id, side: null }))?.file).toMatch(/^\/.*renditions/);
  expect(await host.files.picture({ kind: 'face', id: faces[0]?.id ?? '', side: '96' })).toMatchObject({
    mime: 'image/webp',
  });

  // the bundled prior too, and a face that is nobody's
  await window.settings.set({ model: 'face-128' });
  const { jobs: real } = await window.jobs.restore({ photos: ids.slice(1, 2), choice: quick });
  expect(await until(studio, real[0] ?? '')).toMatchObject({ state: 'done', error: null });
  expect((await window.renditions.of({ photo: ids[1] ?? '' }))[0]).toMatchObject({
    model: 'face-128',
    chosen: true,
  });

  const target = await host.files.addTarget({ path: at.out });
  const [keep] = (await window.exports.presets()).filter((preset) => preset.id === 'to-keep');
  const request = { photos: ids, what: 'chosen', form: keep!.form, target: target.id } as const;
  expect((await window.exports.preview(request)).count).toBe(3);
  const { job } = await window.exports.start(request);
  expect(await until(studio, job)).toMatchObject({ state: 'done', error: null });
  expect(readdirSync(at.out).sort()).toEqual(['photo 0.jpg', 'photo 1.jpg', 'photo 2.jpg']);
  expect(readdirSync(join(at.data, 'work'))).toEqual([]);
  expect(statSync(join(at.data, 'logs/library.log')).size).toBeGreaterThan(0);
  expect(await window.settings.diagnostics()).not.toContain(at.photos);
  await library.close();
  expect(await library.gone).toBe('exit code 0');
});
