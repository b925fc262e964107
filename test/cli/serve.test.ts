/**
 * `albumen serve`: what it says when there is no window, and the whole way from the address it prints to a photo.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../../src/contract/client.ts';
import { studio } from '../../src/contract/studio.ts';
import { websocketTransport } from '../../src/contract/transports/websocket.ts';
import { photoAt, temporaryFolder, albumen } from './helpers.ts';

const folder = temporaryFolder();

it('says how to build the window where there is none', async () => {
  const { code, stderr } = await albumen(['serve', '--window', join(folder, 'nothing'), '--library', folder]);
  expect(code).toBe(2);
  expect(stderr).toContain('The window is not built');
  expect(stderr).toContain('npm run build:window');
});

it('says how to go on from a damaged database, and does so', { timeout: 120_000 }, async () => {
  const [window, data] = [join(folder, 'empty window'), join(folder, 'damaged')];
  for (const place of [window, data]) mkdirSync(place);
  writeFileSync(join(window, 'index.html'), '<!doctype html>');
  writeFileSync(join(data, 'studio.db'), 'not a database, whatever its name says'.repeat(200));
  const args = ['serve', '--library', data, '--port', '0', '--window', window];
  const refused = await albumen(args);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('is damaged');
  expect(refused.stderr).toContain('albumen serve --recover rebuild');

  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const child = spawn(process.execPath, [main, ...args, '--recover', 'rebuild'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const notes: string[] = [];
  child.stderr.on('data', (bytes: Buffer) => notes.push(bytes.toString()));
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(notes.join('')).toMatch(/set aside as studio\.db\.damaged-[\s\S]*built anew/);
});

it('serves the window, the studio and its pictures, until Ctrl-C', { timeout: 120_000 }, async () => {
  const [window, data, photos] = ['window', 'data', 'photos'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await photoAt(join(photos, 'one.png'), 64);
  await photoAt(join(window, 'icon.png'));
  writeFileSync(join(window, 'index.html'), '<!doctype html><title>Albumen</title>');
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const child = spawn(
    process.execPath,
    [main, 'serve', '--library', data, '--port', '0', '--window', window],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const url = /http:\S+/.exec(line.toString())?.[0] ?? '';
    const welcome = await fetch(url, { redirect: 'manual' });
    const cookie = welcome.headers.get('set-cookie')?.split(';')[0] ?? '';
    const { origin } = new URL(url);
    expect(await (await fetch(origin, { headers: { cookie } })).text()).toContain('Albumen');

    const socket = new WebSocket(`${origin.replace('http', 'ws')}/socket`, { headers: { cookie, origin } });
    const { client } = connect(studio, websocketTransport(socket));
    let place = (await client.host.places({})).find(({ title }) => title === '/')?.id ?? '';
    for (const part of photos.split('/').filter(Boolean)) {
      const { places } = await client.host.children({ place });
      place = places.find(({ title }) => title === part)?.id ?? '';
    }
    await client.host.addFolder({ place });
    for await (const _ of client.library.scan({})) continue;
    const { photos: rows } = await client.photos.page({ offset: 0, limit: 10 });
    expect(rows.map(({ title }) => title)).toEqual(['one.png']);
    const thumb = await fetch(`${origin}/image/thumb/${rows[0]?.id ?? ''}/256`, { headers: { cookie } });
    expect(thumb.headers.get('content-type')).toBe('image/webp');
    expect((await fetch(`${origin}/image/thumb/${rows[0]?.id ?? ''}/256`)).status).toBe(401);
    await expect(client.host.reveal({ photo: rows[0]?.id ?? '' })).rejects.toThrow('browser');
  } finally {
    child.kill('SIGINT');
  }
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
});
