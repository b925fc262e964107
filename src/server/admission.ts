/**
 * Who may ask the server anything: requests to its own name (no DNS rebinding), from its own pages (no other site, no
 * other port), with its token or the cookie that the token was traded for. server.ts asks this before anything else.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Admission {
  /** Traded for the cookie: the address a person opens has it once, as `/?token=...`. */
  readonly token: string;
  /** The name of the cookie; it has the port in it, since cookies have none of their own. */
  readonly cookie: string;
  /** What the cookie holds: not the token, which may have been seen on a command line. */
  readonly session: string;
  /** What the Host header may be, in lower case. */
  readonly hosts: ReadonlySet<string>;
}

/** What is wrong with a request; a status and a word for a person who looks at it in a browser. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 405 | 413 | 421;
  readonly text: string;
}

/** 256 random bits, for a URL. */
export const newToken = (): string => randomBytes(32).toString('base64url');

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** Who is admitted to a server on `host` and `port`; `names` are more names it may be called by. */
export function admission(
  host: string,
  port: number,
  token: string,
  names: readonly string[] = [],
): Admission {
  const own = isLoopback(host) ? ['127.0.0.1', 'localhost', '::1', host] : [host];
  const hosts = [...own, ...names].map((name) =>
    `${name.includes(':') ? `[${name}]` : name}:${port}`.toLowerCase(),
  );
  return { token, cookie: `albumen_${port}`, session: newToken(), hosts: new Set(hosts) };
}

/** Compares in constant time, whatever the lengths. */
export function same(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** Whether the cookie is there. */
export function hasSession(request: IncomingMessage, { cookie, session }: Admission): boolean {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.some((pair) => pair.startsWith(`${cookie}=`) && same(pair.slice(cookie.length + 1), session));
}

/** The cookie as it is set: for this server only, out of reach of scripts and of other sites. */
export const cookieHeader = ({ cookie, session }: Admission): string =>
  `${cookie}=${session}; Path=/; HttpOnly; SameSite=Strict`;

/** Refuses what was meant for another name or comes from a page of someone else; undefined where all is well. */
export function refuseStranger(request: IncomingMessage, { hosts }: Admission): Refusal | undefined {
  const { host, origin } = request.headers;
  if (host === undefined || !hosts.has(host.toLowerCase())) {
    return { status: 421, text: 'This is Albumen, and it does not go by that name.' };
  }
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return { status: 403, text: 'Only pages of Albumen may ask this.' };
  }
  // Another port of this machine is "same-site" and would send the cookie: only our own pages, or a person who opens
  // the address.
  const site = request.headers['sec-fetch-site'];
  const opened =
    request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !opened) {
    return { status: 403, text: 'Only pages of Albumen may ask this.' };
  }
  return undefined;
}

/** Refuses what is not a plain question: another method than GET and HEAD, or a body. */
export function refuseForm(request: IncomingMessage): Refusal | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, text: 'Only GET and HEAD are answered here.' };
  }
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (encoding !== undefined || (length !== undefined && length !== '0')) {
    return { status: 413, text: 'Nothing can be sent here.' };
  }
  return undefined;
}
