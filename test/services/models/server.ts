/**
 * A server on this machine that serves one file, well or badly, for the tests of downloads: it breaks off, lies about the
 * size, ignores ranges, stalls, sends people round in circles. fetch-file.test.ts says what must come of it.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface Served {
  /** http://127.0.0.1:PORT/ */
  readonly url: string;
  /** The Range header of every request so far; undefined where there was none. */
  readonly ranges: (string | undefined)[];
}

/** Runs until the test ends. */
export async function serve(listener: RequestListener): Promise<Served> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, ranges };
}

export interface Manners {
  readonly etag?: string;
  /** How many bytes of each answer are sent before the connection breaks; the next answer takes the next number. */
  readonly breakAfter?: readonly number[];
  /** Where the client writes: the connection breaks once the bytes are there, so that none is lost on the way. */
  readonly part?: string;
  readonly ignoreRange?: boolean;
}

/** A file server as it should be, apart from `manners`. */
export function file(bytes: Buffer, manners: Manners = {}): RequestListener {
  const { etag = '"one"', breakAfter = [], ignoreRange = false, part } = manners;
  let asked = 0;
  return (request, response) => {
    const stop = breakAfter[asked++];
    const from = ignoreRange ? undefined : rangeOf(request, etag);
    if (from !== undefined && from >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    const rest = bytes.subarray(from ?? 0);
    response.writeHead(from === undefined ? 200 : 206, {
      etag,
      'content-length': rest.length,
      ...(from !== undefined && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    if (stop === undefined) response.end(rest);
    else breakOff(response, rest.subarray(0, stop), part, (from ?? 0) + stop);
  };
}

/** Sends these bytes and drops the connection, once `part` has `size` bytes. */
function breakOff(response: ServerResponse, bytes: Uint8Array, part: string | undefined, size: number): void {
  response.write(bytes);
  const timer = setInterval(() => {
    if (part !== undefined && (statSync(part, { throwIfNoEntry: false })?.size ?? 0) < size) return;
    clearInterval(timer);
    response.destroy();
  }, 5);
  response.once('close', () => clearInterval(timer));
}

function rangeOf(request: IncomingMessage, etag: string): number | undefined {
  const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  return from !== undefined && request.headers['if-range'] === etag ? Number(from) : undefined;
}

/** Bytes that are all different enough for a shifted or repeated piece to be seen. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 17 + (i >> 16)) & 255;
  return bytes;
}

/** Until the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'albumen-models-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
