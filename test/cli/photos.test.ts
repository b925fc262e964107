/**
 * Which photos are found and what their results are called.
 * restore.test.ts runs the plan.
 */
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { expect, test } from 'vitest';
import { collectPhotos, outputsOf, planPhotos, refuseOriginals } from '../../src/cli/photos.ts';
import { temporaryFolder } from './helpers.ts';

function tree(...files: readonly string[]): string {
  const folder = temporaryFolder();
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  return folder;
}

const names = (folder: string, photos: readonly { path: string }[]): string[] =>
  photos.map(({ path }) => path.slice(folder.length + 1).replaceAll(sep, '/'));

test('folders are walked for pictures, in order, without hidden files and earlier results', () => {
  const folder = tree(
    'b.JPG',
    'a.png',
    'notes.txt',
    '.hidden.png',
    '.git/x.png',
    'sub/deeper/c.webp',
    'a.restored.png',
    'a.restored-2.png',
    'a.variation.png',
    'unrestored.png',
  );
  mkdirSync(join(folder, 'folder.png'));
  symlinkSync(folder, join(folder, 'loop'));
  expect(names(folder, collectPhotos([folder]))).toEqual([
    'a.png',
    'b.JPG',
    'sub/deeper/c.webp',
    'unrestored.png',
  ]);
});

test('a file that is named is taken whatever its name, once however it is named', () => {
  const folder = tree('a.png', 'odd.xyz', 'a.restored.png');
  symlinkSync(join(folder, 'a.png'), join(folder, 'link.png'));
  const file = (name: string): string => join(folder, name);
  const given = [
    file('odd.xyz'),
    file('a.restored.png'),
    file('a.png'),
    folder,
    `${folder}/./a.png`,
    'nowhere.png',
  ];
  expect(collectPhotos(given).map(({ path }) => path)).toEqual([
    file('odd.xyz'),
    file('a.restored.png'),
    file('a.png'),
    'nowhere.png',
  ]);
});

test('the tree is kept, names that meet are numbered, whatever their case', () => {
  const folder = tree('x/a.jpg', 'x/a.png', 'y/A.png', 'a-2.png');
  const photos = [...collectPhotos([folder]), ...collectPhotos([join(folder, 'x/a.jpg')])];
  const out = planPhotos(photos, 'out', 1).map(({ results }) => results.map((r) => r.replaceAll(sep, '/')));
  expect(out).toEqual([
    ['out/a-2.restored.png'],
    ['out/x/a.restored.png'],
    ['out/x/a-2.restored.png'],
    ['out/y/A.restored.png'],
    ['out/a.restored.png'],
  ]);
  const flat = ['p/a.png', 'q/A.png', 'r/a.gif'].map((path) => ({ path, tree: '' }));
  expect(planPhotos(flat, 'o', 1).map(({ results }) => results[0])).toEqual(
    ['a', 'A-2', 'a-3'].map((name) => join('o', `${name}.restored.png`)),
  );
});

test('candidates are numbered, with a variation beside them', () => {
  const [plan] = planPhotos([{ path: 'a.b.png', tree: '' }], 'o', 3);
  expect(outputsOf(plan!)).toEqual([
    join('o', 'a.b.restored-1.png'),
    join('o', 'a.b.restored-2.png'),
    join('o', 'a.b.restored-3.png'),
    join('o', 'a.b.variation.png'),
  ]);
});

test('a result never takes the place of an input, also by way of a link', () => {
  const folder = tree('a.png', 'a.restored.png');
  const photos = collectPhotos([join(folder, 'a.png'), join(folder, 'a.restored.png')]);
  const [first, second] = planPhotos(photos, folder, 1);
  expect(() => refuseOriginals(first!, photos)).toThrow(/its result would replace "a\.restored\.png"/);
  expect(() => refuseOriginals(second!, photos)).not.toThrow();

  const other = tree('z.png');
  symlinkSync(folder, join(other, 'way'));
  const [linked] = planPhotos(photos, join(other, 'way'), 1);
  expect(() => refuseOriginals(linked!, photos)).toThrow(/one of the inputs/);
  linkSync(join(folder, 'a.png'), join(other, 'hard.png'));
  const [apart] = planPhotos(photos, other, 1);
  expect(() => refuseOriginals(apart!, photos)).not.toThrow();
});
