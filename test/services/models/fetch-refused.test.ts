/**
 * Fetching one file from servers that lie, refuse or lead astray, and a disk that is full: what is said, and what is not
 * written. fetch-file.test.ts is about the rest; download.test.ts goes on from the whole file to an installed model.
 */
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Download } from '../../../src/domain/catalog.ts';
import { fetchFile } from '../../../src/services/models/fetch-file.ts';
import type { FetchOptions } from '../../../src/services/models/fetch-file.ts';
import { file, pattern, serve, temporaryFolder } from './server.ts';

const BYTES = pattern(300_000);
const never = new AbortController().signal;

function source(url: string, more: Partial<Download> = { bytes: BYTES.length }): Download {
  return { url, file: 'weights.pt', ...more };
}

function fetched(from: Download, part: string, options: Partial<FetchOptions> = {}): Promise<number> {
  return fetchFile(from, part, { signal: never, retries: 2, pauseMs: 1, ...options });
}

const newPart = (): string => join(temporaryFolder(), 'deep/weights.pt.part');

describe('a server that lies or refuses', () => {
  test.each([
    ['announces more than the catalog', BYTES.length + 1],
    ['announces less than the catalog', BYTES.length - 1],
  ])('%s: nothing is written', async (_what, length) => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': length }).end(pattern(length));
    });
    const part = newPart();
    await expect(fetched(source(url), part)).rejects.toMatchObject({
      code: 'download.unsound',
      message: `This is not the file the catalog names: the server announces ${length} bytes, not 300000.`,
    });
    expect(existsSync(part)).toBe(false);
  });

  test('sends without end: no more than the catalog allows is ever on the disk', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { etag: '"one"' });
      const more = (): void => {
        while (!response.destroyed && response.write(pattern(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const part = newPart();
    let most = 0;
    const onBytes = (bytes: number): void => void (most = Math.max(most, bytes));
    await expect(fetched(source(url), part, { onBytes })).rejects.toMatchObject({ code: 'download.unsound' });
    expect(most).toBeLessThanOrEqual(BYTES.length);
    expect(existsSync(part)).toBe(false);
  });

  test('ends too early without having said how long it is', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200);
      response.end(BYTES.subarray(0, 1000));
    });
    await expect(fetched(source(url), newPart())).rejects.toMatchObject({
      code: 'download.failed',
      message: expect.stringContaining('the connection ended after 1000 of 300000 bytes') as string,
    });
  });

  test('sends another part than was asked for', async () => {
    const part = newPart();
    let asked = 0;
    const { url } = await serve((request, response) => {
      if (asked++ !== 1)
        return file(BYTES, { breakAfter: asked === 1 ? [100_000] : [], part })(request, response);
      response.writeHead(206, {
        'content-range': `bytes 5-${BYTES.length - 1}/${BYTES.length}`,
        etag: '"one"',
      });
      response.end(BYTES.subarray(5));
    });
    await fetched(source(url), part);
    expect(readFileSync(part).equals(BYTES)).toBe(true);
  });

  test.each([404, 403, 401, 410, 204])('answers %i: at once an error', async (status) => {
    const { url, ranges } = await serve((_request, response) => response.writeHead(status).end());
    await expect(fetched(source(url), newPart())).rejects.toMatchObject({
      code: 'download.failed',
      message: expect.stringContaining(`the server answers ${status}.`) as string,
    });
    expect(ranges).toHaveLength(1);
  });

  test.each([500, 503, 429])('answers %i: asked again', async (status) => {
    let asked = 0;
    const { url } = await serve((request, response) => {
      if (asked++ === 0) response.writeHead(status).end('later');
      else file(BYTES)(request, response);
    });
    expect(await fetched(source(url), newPart())).toBe(BYTES.length);
  });

  test('sends round in circles', async () => {
    const { url, ranges } = await serve((_request, response) => {
      response.writeHead(302, { location: '/again' }).end();
    });
    await expect(fetched(source(url), newPart())).rejects.toMatchObject({
      code: 'download.failed',
      message: expect.stringContaining('from one address to the next without end') as string,
    });
    expect(ranges).toHaveLength(6);
  });

  test.each([
    ['http elsewhere', 'http://example.org/file'],
    ['a file', 'file:///etc/passwd'],
    ['a name and password', 'https://me:secret@localhost/file'],
    ['no address', 'http://:0/'],
  ])('points to %s: refused', async (_what, location) => {
    const { url } = await serve((_request, response) => response.writeHead(302, { location }).end());
    await expect(fetched(source(url), newPart())).rejects.toMatchObject({
      code: 'download.failed',
      message: expect.stringMatching(/^The download was refused: /) as string,
    });
  });

  test.each(['http://127.0.0.1:9/', 'http://localhost:9/', 'https://localhost:9/'])(
    'from outside to this machine (%s): refused',
    async (location) => {
      const asked: string[] = [];
      const fetch = (url: string | URL | Request): Promise<Response> => {
        asked.push(url instanceof Request ? url.url : String(url));
        return Promise.resolve(new Response(null, { status: 302, headers: { location } }));
      };
      const away = source('https://models.example.org/weights');
      await expect(fetched(away, newPart(), { fetch })).rejects.toMatchObject({
        message: expect.stringMatching(/^The download was refused: /) as string,
      });
      expect(asked).toEqual(['https://models.example.org/weights']);
    },
  );

  test('plain http from elsewhere is refused unasked', async () => {
    await expect(fetched(source('http://example.org/weights'), newPart())).rejects.toMatchObject({
      message: 'The download was refused: http://example.org is not an https address.',
    });
  });

  test('sends it compressed', async () => {
    const { url } = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'br' }).end('x'),
    );
    await expect(fetched(source(url), newPart())).rejects.toMatchObject({ code: 'download.failed' });
  });

  test('is not there: at once an error, without a second try', async () => {
    const fetch = (): Promise<Response> =>
      Promise.reject(
        new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code: 'ENOTFOUND' }) }),
      );
    await expect(
      fetched(source('https://nowhere.example.org/w'), newPart(), { fetch, pauseMs: 1e6 }),
    ).rejects.toMatchObject({
      code: 'download.failed',
      message: 'The download from nowhere.example.org failed: the connection failed (ENOTFOUND).',
    });
  });
});

describe('this side', () => {
  test('Ctrl-C keeps what has come', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': BYTES.length, etag: '"one"' });
      response.write(BYTES.subarray(0, 1000));
    });
    const part = newPart();
    const stop = new AbortController();
    const onBytes = (bytes: number): void => {
      if (bytes > 0) stop.abort();
    };
    await expect(fetched(source(url), part, { signal: stop.signal, onBytes })).rejects.toMatchObject({
      code: 'cancelled',
      message: 'The download was stopped; what has come is kept.',
    });
    expect(readFileSync(part).length).toBe(1000);
  });

  test('Ctrl-C while it waits to try again', async () => {
    const stop = new AbortController();
    const { url } = await serve((_request, response) => {
      response.writeHead(500).end();
      setTimeout(() => stop.abort(), 20);
    });
    await expect(
      fetched(source(url), newPart(), { signal: stop.signal, pauseMs: 1e6 }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('a disk without room is said before the first byte', async () => {
    const huge = 2 ** 40;
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': huge });
      response.write('x');
    });
    const part = newPart();
    await expect(fetched(source(url, { bytes: huge }), part)).rejects.toMatchObject({
      code: 'output.unwritable',
      message: expect.stringMatching(
        /^The disk has no room for the download: it takes 1,099,512 MB, and /,
      ) as string,
    });
    expect(existsSync(part)).toBe(false);
  });

  // /dev/full is a disk without room; other systems have none
  test.runIf(existsSync('/dev/full'))('a disk that fills up is called that', async () => {
    const { url } = await serve(file(BYTES));
    const part = join(temporaryFolder(), 'weights.pt.part');
    symlinkSync('/dev/full', part);
    await expect(fetched(source(url), part)).rejects.toMatchObject({
      code: 'output.unwritable',
      message: expect.stringMatching(/^The disk is full: "weights\.pt\.part" could not be written/) as string,
    });
  });
});
