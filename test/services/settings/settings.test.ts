/**
 * Settings: kept, checked, and by default where a value is damaged; and diagnostics without names and paths.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../src/domain/settings.ts';
import { redacted } from '../../../src/services/settings/redact.ts';
import { makeHouse } from '../history/house.ts';
import type { House } from '../history/house.ts';

let house: House;
beforeEach(() => (house = makeHouse()));
afterEach(() => house.close());

test('what is set stays, the rest is as it was before', async () => {
  const { settings } = house.client;
  expect(await settings.get()).toEqual(DEFAULT_SETTINGS);
  expect(await settings.set({ theme: 'dark', threads: 4 })).toEqual({
    ...DEFAULT_SETTINGS,
    theme: 'dark',
    threads: 4,
  });
  expect(await settings.set({ threads: null })).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark' });
  expect(house.told).toEqual(['settings', 'settings']);
  await expect(settings.set({ cacheBytes: 1 })).rejects.toMatchObject({ code: 'usage' });
});

test('a damaged value is as before anybody set it', async () => {
  house.db.run(
    `INSERT INTO settings (name, value) VALUES ('theme', '"purple"'), ('threads', '{"a":1}'), ('notifications', 'false'), ('old', '1')`,
  );
  expect(await house.client.settings.get()).toEqual({ ...DEFAULT_SETTINGS, notifications: false });
});

test('the program says what it is, and empties its cache', async () => {
  const { settings } = house.client;
  expect(await settings.about()).toMatchObject({
    version: '1.2.3',
    cores: 2,
    cache: { bytes: 1000, limit: 2e9 },
  });
  await settings.emptyCache();
  expect((await settings.about()).cache.bytes).toBe(0);
});

test('diagnostics have no names and no paths', async () => {
  await house.client.people.create({ name: 'anna' });
  house.addPhotos(2);
  house.logs.push({
    process: 'library',
    tail: [
      '{"level":"warn","message":"\\"wedding.jpg\\" cannot be read","at":"/photos/1944/wedding.jpg","n":3}',
      "Error: ENOENT: no such file, open '/home/somebody/Pictures/my wedding.jpg'",
      'could not open C:\\Users\\somebody\\x.jpg or file:///home/somebody/y.jpg',
      'Anna was renamed; https://example.org/a?b is unreachable; 12 of 20/s',
    ].join('\n'),
  });
  const text = await house.client.settings.diagnostics();
  for (const secret of ['anna', 'wedding', 'somebody', '/home', 'Users', 'example.org'])
    expect(text.toLowerCase()).not.toContain(secret.toLowerCase());
  expect(text).toContain('"photos": 2');
  expect(text).toContain('"level":"warn"');
  expect(text).toContain('"n":3');
  expect(text).toContain('12 of 20/s');
});

test('what is in the way of a pattern is only text', () => {
  expect(redacted('a (b) [c', ['(b)', '[c'])).toBe('a <name> <name>');
});
