/**
 * What app:// and photo:// answer, and that no address reaches another file; src/main/protocol.ts.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { answerApp, answerPhoto, readPhotoUrl } from '../../src/main/protocol.ts';

const folder = mkdtempSync(join(tmpdir(), 'albumen-protocol-'));
const built = join(folder, 'renderer');
const picture = join(folder, 'picture.webp');

beforeAll(() => {
  mkdirSync(join(built, 'assets'), { recursive: true });
  writeFileSync(join(built, 'index.html'), '<!doctype html>');
  writeFileSync(join(built, 'assets/index-abc.js'), 'go()');
  writeFileSync(join(built, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'outside.js'), 'secret');
  writeFileSync(picture, 'pixels');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('app://', () => {
  it('answers the page with its policy', async () => {
    const answer = await answerApp('app://albumen/', built);
    expect(await answer.text()).toBe('<!doctype html>');
    const policy = answer.headers.get('Content-Security-Policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("img-src 'self' photo: blob:");
    expect(answer.headers.get('Cache-Control')).toBe('no-cache');
  });

  it('answers what is named by its content for good', async () => {
    const answer = await answerApp('app://albumen/assets/index-abc.js?x=1', built);
    expect(answer.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8');
    expect(answer.headers.get('Cache-Control')).toContain('immutable');
  });

  it.each([
    'app://other/index.html',
    'app://albumen/../outside.js',
    'app://albumen/%2e%2e/outside.js',
    'app://albumen/assets/..%2f..%2foutside.js',
    'app://albumen/.git/config.json',
    'app://albumen//outside.js',
    'app://albumen/assets',
    'app://albumen/secret.txt',
    'app://albumen/none.js',
    'app://albumen/assets/index-abc.js%00.html',
  ])('has nothing at %s', async (url) => {
    const answer = await answerApp(url, built);
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain('secret');
  });
});

describe('photo://', () => {
  it('asks for a picture by kind, id and side', async () => {
    const find = vi.fn(async () => ({ file: picture, mime: 'image/webp', immutable: true }));
    const answer = await answerPhoto('photo://thumb/Abc_-9/256', find);
    expect(find).toHaveBeenCalledExactlyOnceWith({ kind: 'thumb', id: 'Abc_-9', side: '256' });
    expect(await answer.text()).toBe('pixels');
    expect(answer.headers.get('Content-Type')).toBe('image/webp');
    expect(answer.headers.get('Content-Length')).toBe('6');
    expect(answer.headers.get('Content-Security-Policy')).toBe("default-src 'none'; sandbox");
  });

  it('knows addresses of pictures and no others', () => {
    expect(readPhotoUrl('photo://rendition/r1')).toEqual({ kind: 'rendition', id: 'r1', side: null });
    for (const url of [
      'photo://thumb/',
      'photo://thumb/a/b/c',
      'photo://thumb/a%2fb',
      'photo://thumb/../x',
      'app://thumb/a',
      'photo:///a',
      'x',
    ])
      expect(['photo://thumb/../x'].includes(url) ? readPhotoUrl(url)?.id : readPhotoUrl(url)).toBe(
        url === 'photo://thumb/../x' ? 'x' : undefined,
      );
  });

  it('has nothing where the library has nothing, the file is gone, or it is no picture', async () => {
    const answers = [
      await answerPhoto('photo://thumb/a', async () => null),
      await answerPhoto('photo://thumb/a', async () => ({
        file: join(folder, 'none'),
        mime: 'image/png',
        immutable: false,
      })),
      await answerPhoto('photo://thumb/a', async () => ({
        file: picture,
        mime: 'image/svg+xml',
        immutable: false,
      })),
      await answerPhoto('photo://thumb/a', async () => {
        throw new Error('gone');
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  });
});
