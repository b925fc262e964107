/**
 * A server with a small window and a few pictures, and raw requests to it: URLs and headers go out as they are written.
 * The tests beside this file use it.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../src/server/server.ts';
import type { RunningServer, ServerOptions } from '../../src/server/server.ts';
import { serve } from '../../src/contract/serve.ts';
import { Seen, toy, toyService } from '../contract/toy.ts';

export const secret = 'nobody may read this';
/** 1,000 bytes: 0, 1, ..., 255, 0, ... */
export const pictureBytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 256);

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface Guest {
  readonly server: RunningServer;
  readonly seen: Seen;
  readonly errors: unknown[];
  /** The cookie the token is traded for. */
  readonly cookie: string;
  readonly get: (
    path: string,
    headers?: Record<string, string>,
    method?: string,
    body?: Buffer,
  ) => Promise<Reply>;
  /** With the cookie. */
  readonly ask: (path: string, headers?: Record<string, string>, method?: string) => Promise<Reply>;
  readonly raw: (text: string) => Promise<{ socket: Socket; closed: Promise<string> }>;
  /** Resolves a picture of kind `slow`. */
  readonly finish: (() => void)[];
  readonly close: () => Promise<void>;
}

export async function startGuest(options: Partial<ServerOptions> = {}): Promise<Guest> {
  const folder = await mkdtemp(join(tmpdir(), 'albumen-server-'));
  const client = join(folder, 'client');
  await mkdir(join(client, 'assets'), { recursive: true });
  await mkdir(join(client, '.hidden'));
  await writeFile(join(client, 'index.html'), '<!doctype html><title>Albumen</title>');
  await writeFile(join(client, 'assets', 'index-x1_Y-2.js'), 'export {};');
  await writeFile(join(client, '.hidden', 'secret.txt'), secret);
  await writeFile(join(client, '.env'), secret);
  await writeFile(join(folder, 'secret.txt'), secret);
  const photo = join(folder, 'photos 100% .(é).jpg');
  await writeFile(photo, pictureBytes);
  const seen = new Seen();
  const errors: unknown[] = [];
  const finish: (() => void)[] = [];
  const server = await startServer({
    clientFolder: client,
    pictures: async ({ kind, id, variant }) => {
      if (kind === 'slow') await new Promise<void>((resolve) => finish.push(resolve));
      if (kind === 'broken') throw new Error('ENOENT /home/anna/photo.jpg');
      if (kind === 'script') return { bytes: pictureBytes, mime: 'image/svg+xml' as 'image/png' };
      if (kind === 'gone') return { path: join(folder, 'gone.jpg'), mime: 'image/jpeg' };
      if (kind === 'folder') return { path: folder, mime: 'image/jpeg' };
      if (kind === 'preview') return { bytes: pictureBytes, mime: 'image/webp', etag: 'p-1"\r\nX: y' };
      if (id !== 'known') return undefined;
      return { path: photo, mime: 'image/jpeg', immutable: variant === '256' };
    },
    connect: (transport, name) => {
      serve(toy, { toy: toyService(seen) }, transport, {
        client: name,
        log: (problem) => seen.problems.push(problem),
      });
    },
    log: (error) => errors.push(error),
    ...options,
  });

  const get: Guest['get'] = (path, headers = {}, method = 'GET', body) =>
    new Promise((resolve, reject) => {
      const asked = request({ port: server.port, host: '127.0.0.1', path, method, headers, agent: false });
      asked.on('response', (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const whole = Buffer.concat(parts);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: whole,
            text: whole.toString(),
          });
        });
      });
      asked.on('error', reject);
      asked.end(body);
    });

  const welcome = await get(new URL(server.url).pathname + new URL(server.url).search);
  const cookie = welcome.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  return {
    server,
    seen,
    errors,
    cookie,
    finish,
    get,
    ask: (path, headers = {}, method = 'GET') => get(path, { cookie, ...headers }, method),
    raw: (text) =>
      new Promise((resolve, reject) => {
        const socket = connect(server.port, '127.0.0.1');
        let received = '';
        socket.on('data', (part) => (received += part.toString('latin1')));
        const closed = new Promise<string>((done) => socket.on('close', () => done(received)));
        socket.once('error', reject);
        socket.once('connect', () => {
          socket.on('error', () => undefined); // A reset is one way to be refused.
          socket.write(text, 'latin1');
          resolve({ socket, closed });
        });
      }),
    close: async () => {
      for (const done of finish.splice(0)) done();
      await server.close(100);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
