/**
 * What every reply carries: headers that let a page do only what Albumen's own needs, and short words for refusals.
 * server.ts and sockets.ts send them.
 */
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Own scripts, own styles, own pictures (and those a page makes of bytes), own socket; nothing else from anywhere. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Sizes and places that components write on their elements.
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const always: Readonly<Record<string, string>> = {
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** A picture needs nothing, whatever is in it. */
export const picturePolicy = "default-src 'none'; sandbox";

export function setHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(always)) response.setHeader(name, value);
}

/** Ends a response with one line of text, and with it the connection where its request may have more to say. */
export function say(response: ServerResponse, status: number, text: string, close = false): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of ['ETag', 'Last-Modified', 'Accept-Ranges']) response.removeHeader(name);
  // Of a part that is not there, it says how much there is.
  if (status !== 416) response.removeHeader('Content-Range');
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', Buffer.byteLength(text) + 1);
  if (status === 405) response.setHeader('Allow', 'GET, HEAD');
  if (close) response.setHeader('Connection', 'close');
  response.end(`${text}\n`);
}

/**
 * Sends a person who had the token on, to the address without it. After a link on a page elsewhere (a terminal in a
 * browser), a redirect would still count as that page's and come without the strict cookie; a page of our own does not.
 */
export function welcome(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Cache-Control', 'no-store');
  const site = request.headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end('<!doctype html><title>Albumen</title><meta http-equiv="refresh" content="0; url=/">\n');
  } else {
    response.setHeader('Location', '/');
    say(response, 303, 'Welcome.');
  }
}

/** Answers a refused upgrade, which has no response yet, and ends its socket. */
export function refuseUpgrade(socket: Duplex, status: number, text: string): void {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text) + 1}`,
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}\n`, () => socket.destroy());
}
