/**
 * Pictures and the built window as HTTP responses: by opaque id or by a name of the window's own folder, with ranges,
 * ETags and 304. No part of a URL ever becomes a path of anything else; server.ts is who calls.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname } from 'node:path';
import send from 'send';
import { picturePolicy, say } from './replies.ts';

/** What is shown as a picture; anything that could hold a script (SVG) is none. */
export const pictureTypes = [
  'image/avif',
  'image/gif',
  'image/jpeg',
  'image/png',
  'image/tiff',
  'image/webp',
] as const;
export type PictureType = (typeof pictureTypes)[number];

/** A picture as a resolver gives it. */
export type Picture = ({ readonly path: string } | { readonly bytes: Uint8Array }) & {
  readonly mime: PictureType;
  /** Names this content, without quotes; of a file it may be left out: its size and time name it. */
  readonly etag?: string | undefined;
  /** The id will never stand for other content, so a browser need not ask again. */
  readonly immutable?: boolean | undefined;
};

/** What `/image/<kind>/<id>` or `/image/<kind>/<id>/<variant>` asks for. */
export interface PictureAsked {
  readonly kind: string;
  readonly id: string;
  readonly variant: string | undefined;
  /** Aborted when nobody waits for it any longer. */
  readonly signal: AbortSignal;
}

/** Finds a picture by its id; undefined where there is none. */
export type Pictures = (asked: PictureAsked) => Promise<Picture | undefined>;

const picturePath = /^\/image\/([a-z][a-z-]{0,31})\/([A-Za-z0-9_-]{1,64})(?:\/([A-Za-z0-9_-]{1,16}))?$/;
/** Names of letters, digits, `.`, `_` and `-` that do not begin with a dot: nothing encoded, nothing hidden, no `..`. */
const filePath = /^\/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/** Whether a path is one of a picture; its parts. */
export function readPicturePath(path: string): Omit<PictureAsked, 'signal'> | undefined {
  const [, kind, id, variant] = picturePath.exec(path) ?? [];
  return kind === undefined || id === undefined ? undefined : { kind, id, variant };
}

const notFound = 'There is nothing here.';

/** `path` below `root`, percent-encoded. */
function stream(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  options: send.SendOptions & { root: string },
): void {
  send(request, path, { index: false, ...options })
    .on('error', ({ status }: { status?: number }) => {
      if (status === 416) say(response, 416, 'There is no such part of it.');
      else if (status === 412) say(response, 412, 'It is another one now.');
      else say(response, 404, notFound);
    })
    .on('directory', () => say(response, 404, notFound))
    .pipe(response);
}

/** A file of the window's own folder; `/` is its index.html. */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  folder: string,
  path: string,
): void {
  const name = path === '/' ? '/index.html' : path;
  if (!filePath.test(name)) return say(response, 404, notFound);
  // Vite names what is in assets/ by its content.
  const named = name.startsWith('/assets/');
  stream(request, response, name, {
    root: folder,
    dotfiles: 'deny',
    maxAge: named ? '1y' : 0,
    immutable: named,
  });
}

/** A picture that a resolver found; undefined: 404. */
export function sendPicture(
  request: IncomingMessage,
  response: ServerResponse,
  picture: Picture | undefined,
): void {
  if (!picture || !pictureTypes.includes(picture.mime)) return say(response, 404, notFound);
  const etag = picture.etag === undefined ? undefined : `"${picture.etag.replace(/[^\x21\x23-\x7e]/g, '')}"`;
  response.setHeader('Content-Type', picture.mime);
  response.setHeader('Content-Security-Policy', picturePolicy);
  if (etag !== undefined) response.setHeader('ETag', etag);
  const cache = picture.immutable ? 'private, max-age=31536000, immutable' : 'private, no-cache';
  response.setHeader('Cache-Control', cache);
  if ('path' in picture) {
    stream(request, response, `/${encodeURIComponent(basename(picture.path))}`, {
      root: dirname(picture.path),
      dotfiles: 'allow',
      cacheControl: false,
    });
  } else sendBytes(request, response, picture.bytes, etag);
}

function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
  etag: string | undefined,
): void {
  const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (etag !== undefined && known?.includes(etag)) {
    response.removeHeader('Content-Type');
    response.statusCode = 304;
    response.end();
    return;
  }
  response.setHeader('Content-Length', bytes.length);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}
