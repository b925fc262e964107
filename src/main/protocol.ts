/**
 * What app:// and photo:// answer: the built window with its content security policy, and pictures by kind and opaque
 * id, which the library's process finds. index.ts registers both; no part of an address becomes a path of anything else.
 */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { CustomScheme } from 'electron';

/** To be registered before the application is ready. */
export const schemes: CustomScheme[] = [
  { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  { scheme: 'photo', privileges: { standard: true, secure: true, stream: true, corsEnabled: true } },
];

/** Own scripts, own styles, own pictures (and those a page makes of bytes); nothing else from anywhere. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Sizes and places that components write on their elements.
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' photo: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** What is shown as a picture; anything that could hold a script (SVG) is none. */
const PICTURES: ReadonlySet<string> = new Set([
  'image/avif',
  'image/gif',
  'image/jpeg',
  'image/png',
  'image/tiff',
  'image/webp',
]);

/** Names of letters, digits, `.`, `_` and `-` that do not begin with a dot: nothing encoded, nothing hidden, no `..`. */
const FILE = /^\/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const PICTURE = /^\/([A-Za-z0-9_-]{1,64})(?:\/([A-Za-z0-9_-]{1,16}))?$/;
const KIND = /^[a-z][a-z-]{0,31}$/;

const nothing = (): Response => new Response('There is nothing here.', { status: 404 });

/** A file of the built window, `folder`; `/` is its index.html. */
export async function answerApp(url: string, folder: string): Promise<Response> {
  const { host, pathname } = new URL(url);
  const name = pathname === '/' || pathname === '' ? '/index.html' : pathname;
  if (host !== 'albumen' || !FILE.test(name)) return nothing();
  const type = TYPES[extname(name)];
  if (type === undefined) return nothing();
  try {
    return new Response(await readFile(join(folder, ...name.split('/'))), {
      headers: {
        'Content-Type': type,
        'Content-Security-Policy': policy,
        'X-Content-Type-Options': 'nosniff',
        'Referrer-Policy': 'no-referrer',
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cache-Control': name.startsWith('/assets/') ? 'max-age=31536000, immutable' : 'no-cache',
      },
    });
  } catch {
    return nothing();
  }
}

/** What photo://KIND/ID/SIDE asks for. */
export interface PictureAsked {
  readonly kind: string;
  readonly id: string;
  readonly side: string | null;
}

export interface PictureFile {
  readonly file: string;
  readonly mime: string;
  readonly immutable: boolean;
}

export function readPhotoUrl(url: string): PictureAsked | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname } = new URL(url);
  const [, id, side] = PICTURE.exec(pathname) ?? [];
  if (protocol !== 'photo:' || !KIND.test(host) || id === undefined) return undefined;
  return { kind: host, id, side: side ?? null };
}

/** A picture as `find` says where it is; `find` throws where it cannot be shown, which is a 404 too. */
export async function answerPhoto(
  url: string,
  find: (asked: PictureAsked) => Promise<PictureFile | null>,
): Promise<Response> {
  const asked = readPhotoUrl(url);
  if (!asked) return nothing();
  try {
    const picture = await find(asked);
    if (!picture || !PICTURES.has(picture.mime)) return nothing();
    const { size } = await stat(picture.file);
    const body = Readable.toWeb(createReadStream(picture.file)) as ReadableStream;
    return new Response(body, {
      headers: {
        'Content-Type': picture.mime,
        'Content-Length': String(size),
        'Content-Security-Policy': "default-src 'none'; sandbox",
        'X-Content-Type-Options': 'nosniff',
        'Cache-Control': picture.immutable ? 'max-age=31536000, immutable' : 'no-cache',
      },
    });
  } catch {
    return nothing();
  }
}
