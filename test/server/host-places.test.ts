/**
 * Walking folders from a browser: opaque ids, hidden things left out, and nothing but what was handed out.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, sep } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { HostPlaces } from '../../src/server/host-places.ts';

const folder = mkdtempSync(join(tmpdir(), 'albumen-places-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
for (const name of ['b2', 'b10', '.hidden', 'a']) mkdirSync(join(folder, name));
writeFileSync(join(folder, 'photo.jpg'), '');
symlinkSync(join(folder, 'a'), join(folder, 'link'));
symlinkSync(join(folder, 'nothing'), join(folder, 'broken'));

/** Walks to `folder` as a person does, from a place that there is. */
async function walk(places: HostPlaces): Promise<string> {
  const roots = await places.places();
  let id = roots.find(({ title }) => title === sep)?.id ?? roots[0]?.id ?? '';
  for (const part of folder.split(sep).filter(Boolean)) {
    const { places: inside } = await places.children(id, false);
    id = inside.find(({ title }) => title === part)?.id ?? '';
  }
  return id;
}

it('lists folders by name, links among them, and files where they are wanted', async () => {
  const places = new HostPlaces();
  const id = await walk(places);
  expect(places.pathOf(id)).toBe(folder);
  const names = async (files: boolean) => (await places.children(id, files)).places.map(({ title }) => title);
  expect(await names(false)).toEqual(['a', 'b2', 'b10', 'link']);
  expect(await names(true)).toEqual(['a', 'b2', 'b10', 'link', 'photo.jpg']);
});

it('has ids without a path in them, the same for the same place, and a way up', async () => {
  const places = new HostPlaces();
  const id = await walk(places);
  expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(id).not.toContain(basename(folder));
  const { places: inside, parent } = await places.children(id, false);
  expect((await places.children(inside[0]?.id ?? '', false)).parent).toBe(id);
  expect(parent).not.toBeNull();
  expect(await walk(places)).toBe(id);
});

it('knows nothing that it did not hand out', async () => {
  const places = new HostPlaces();
  expect(() => places.pathOf('AAAAAAAAAAAAAAAAAAAAAA')).toThrow('not known');
  await expect(places.children('..', false)).rejects.toThrow('not known');
  const id = await walk(new HostPlaces());
  expect(() => places.pathOf(id)).toThrow('not known');
});

it('says that a folder is gone', async () => {
  const places = new HostPlaces();
  const { places: inside } = await places.children(await walk(places), false);
  rmSync(join(folder, 'b10'), { recursive: true });
  const gone = inside.find(({ title }) => title === 'b10')?.id ?? '';
  await expect(places.children(gone, false)).rejects.toThrow('cannot be opened');
});
