/**
 * Fetching one file from servers that behave and over connections that break: what arrives, and what is kept.
 * fetch-refused.test.ts is about servers that lie; download.test.ts goes on from the whole file to an installed model.
 */
import { readFileSync, writeFileSync } from 'node:fs';
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

describe('a server that behaves', () => {
  test('the file arrives, with progress up to its size', async () => {
    const { url } = await serve(file(BYTES));
    const part = newPart();
    const seen: number[] = [];
    const onBytes = (bytes: number, total: number | undefined): void => {
      seen.push(bytes);
      expect(total).toBe(BYTES.length);
    };
    expect(await fetched(source(url), part, { onBytes })).toBe(BYTES.length);
    expect(readFileSync(part).equals(BYTES)).toBe(true);
    expect(seen[0]).toBe(0);
    expect(seen.at(-1)).toBe(BYTES.length);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test('a part that is whole already asks for nothing', async () => {
    const { url, ranges } = await serve(file(BYTES));
    const part = newPart();
    await fetched(source(url), part);
    await fetched(source(url), part);
    expect(ranges).toHaveLength(1);
  });

  test('redirects are followed', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/there') file(BYTES)(request, response);
      else response.writeHead(302, { location: '/there' }).end();
    });
    const part = newPart();
    await fetched(source(url), part);
    expect(readFileSync(part).equals(BYTES)).toBe(true);
  });

  test('an estimated size may be off by a little', async () => {
    const { url } = await serve(file(BYTES));
    expect(await fetched(source(url, { aboutBytes: 290_000 }), newPart())).toBe(BYTES.length);
    expect(await fetched(source(url, {}), newPart())).toBe(BYTES.length);
  });
});

describe('a connection that breaks', () => {
  test('goes on by itself where it ended', async () => {
    const part = newPart();
    const { url, ranges } = await serve(file(BYTES, { breakAfter: [100_000, 50_000], part }));
    await fetched(source(url), part);
    expect(readFileSync(part).equals(BYTES)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=100000-', 'bytes=150000-']);
  });

  test('goes on in a later run', async () => {
    const part = newPart();
    const { url, ranges } = await serve(file(BYTES, { breakAfter: [100_000], part }));
    await expect(fetched(source(url), part, { retries: 0 })).rejects.toMatchObject({
      code: 'download.failed',
    });
    expect(readFileSync(part).equals(BYTES.subarray(0, 100_000))).toBe(true);
    await fetched(source(url), part);
    expect(readFileSync(part).equals(BYTES)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=100000-']);
  });

  test('a file that changed in between is fetched from the start', async () => {
    const other = pattern(BYTES.length).reverse();
    const part = newPart();
    let changed = false;
    const { url } = await serve((request, response) => {
      const now = changed ? file(other, { etag: '"two"' }) : file(BYTES, { breakAfter: [100_000], part });
      changed = true;
      now(request, response);
    });
    await fetched(source(url), part);
    expect(readFileSync(part).equals(other)).toBe(true);
  });

  test('a server that ignores ranges starts over', async () => {
    const part = newPart();
    const { url } = await serve(file(BYTES, { breakAfter: [100_000], ignoreRange: true, part }));
    await fetched(source(url), part);
    expect(readFileSync(part).equals(BYTES)).toBe(true);
  });

  test('with a weak ETag nothing is joined', async () => {
    const part = newPart();
    const { url, ranges } = await serve(file(BYTES, { breakAfter: [100_000], etag: 'W/"one"', part }));
    await fetched(source(url), part);
    expect(readFileSync(part).equals(BYTES)).toBe(true);
    expect(ranges).toEqual([undefined, undefined]);
  });

  test('a part of another address, or without its state, is not gone on from', async () => {
    const { url, ranges } = await serve(file(BYTES));
    const part = join(temporaryFolder(), 'weights.pt.part');
    writeFileSync(part, 'something else');
    writeFileSync(`${part}.json`, JSON.stringify({ url: `${url}other`, validator: '"one"', total: null }));
    await fetched(source(url), part);
    expect(readFileSync(part).equals(BYTES)).toBe(true);
    expect(ranges).toEqual([undefined]);
  });

  test('a part longer than the file is dropped', async () => {
    const { url } = await serve(file(BYTES));
    const part = join(temporaryFolder(), 'weights.pt.part');
    writeFileSync(part, pattern(BYTES.length + 5));
    writeFileSync(`${part}.json`, JSON.stringify({ url, validator: '"one"', total: null }));
    await fetched(source(url), part);
    expect(readFileSync(part).equals(BYTES)).toBe(true);
  });

  test('one that always breaks is given up, and what has come is kept', async () => {
    const part = newPart();
    const { url, ranges } = await serve(file(BYTES, { breakAfter: Array<number>(50).fill(1000), part }));
    await expect(fetched(source(url), part)).rejects.toMatchObject({
      code: 'download.failed',
      message: expect.stringMatching(/^The download from 127\.0\.0\.1:\d+ failed: /) as string,
    });
    expect(ranges).toHaveLength(3);
    expect(readFileSync(part).equals(BYTES.subarray(0, 3000))).toBe(true);
  });

  test('one that stalls is given up and asked again', async () => {
    let asked = 0;
    const { url } = await serve((request, response) => {
      if (asked++ > 0) file(BYTES)(request, response);
      else {
        response.writeHead(200, { 'content-length': BYTES.length, etag: '"one"' });
        response.write(BYTES.subarray(0, 1000));
      }
    });
    const part = newPart();
    await fetched(source(url), part, { stallMs: 500, retries: 20 });
    expect(readFileSync(part).equals(BYTES)).toBe(true);
  });

  test('one that never answers is an error', async () => {
    const { url } = await serve(() => undefined);
    await expect(fetched(source(url), newPart(), { stallMs: 50 })).rejects.toMatchObject({
      code: 'download.failed',
      message: expect.stringContaining('the server sent nothing for') as string,
    });
  });
});
