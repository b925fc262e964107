/**
 * Who is let in and who is not: tokens, cookies, names, origins, methods and bodies.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLoopback, newToken, same } from '../../src/server/admission.ts';
import { startGuest } from './guest.ts';
import type { Guest } from './guest.ts';

let guest: Guest;
beforeAll(async () => (guest = await startGuest()));
afterAll(() => guest.close());

describe('the token', () => {
  it('is 256 random bits, and is traded for a cookie by a redirect to a URL without it', async () => {
    expect(Buffer.from(newToken(), 'base64url')).toHaveLength(32);
    expect(newToken()).not.toBe(newToken());
    const { pathname, search } = new URL(guest.server.url);
    const reply = await guest.get(pathname + search);
    expect(reply.status).toBe(303);
    expect(reply.headers.location).toBe('/');
    const [cookie = ''] = reply.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^albumen_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(new URL(guest.server.url).searchParams.get('token'));
    expect((await guest.ask('/')).text).toContain('<title>Albumen</title>');
  });

  it('from a link elsewhere is traded on a page of our own, since a redirect would come without the cookie', async () => {
    const { pathname, search } = new URL(guest.server.url);
    const link = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    const reply = await guest.get(pathname + search, link);
    expect([reply.status, reply.headers['set-cookie']?.length]).toEqual([200, 1]);
    expect(reply.text).toContain('<meta http-equiv="refresh" content="0; url=/">');
    expect(reply.text).not.toContain(search.slice(7));
  });

  it.each([
    ['there is none', '/', {}],
    ['a wrong one', `/?token=${newToken()}`, {}],
    ['an empty one', '/?token=', {}],
    ['one on another page', `/index.html?token=${newToken()}`, {}],
    ['a wrong cookie', '/', { cookie: `albumen_1=${newToken()}` }],
    ['an empty cookie', '/', { cookie: ';;=;albumen_' }],
    ['a picture', '/image/photo/known', {}],
    ['a script', '/assets/index-x1_Y-2.js', {}],
  ])('is asked for: %s', async (_, path, headers) => {
    const reply = await guest.get(path, headers);
    expect(reply.status).toBe(401);
    expect(reply.text).toMatch(/^Open Albumen with the address it printed/);
    expect(reply.headers['set-cookie']).toBeUndefined();
  });

  it('itself is no cookie, nor is a longer or shorter one', async () => {
    const [name = '', value = ''] = guest.cookie.split('=');
    const token = new URL(guest.server.url).searchParams.get('token') ?? '';
    for (const wrong of [token, `${value}x`, value.slice(1), '']) {
      expect((await guest.get('/', { cookie: `${name}=${wrong}` })).status).toBe(401);
    }
    expect((await guest.get('/', { cookie: `a=b; ${guest.cookie}; c=d` })).status).toBe(200);
    expect([same('a', 'a'), same('a', 'b'), same('a', 'aa'), same('', '')]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});

describe('a request', () => {
  it.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1:1', 'localhost.evil.example', '[::1]'])(
    'to the name "%s" is refused, cookie or not',
    async (host) => {
      const reply = await guest.ask('/', { host });
      expect([400, 421]).toContain(reply.status);
      expect(reply.text).not.toContain('Albumen</title>');
    },
  );

  it('to each of its own names is answered', async () => {
    for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]']) {
      expect((await guest.ask('/', { host: `${name}:${guest.server.port}` })).status).toBe(200);
    }
  });

  it.each([
    ['another origin', { origin: 'http://evil.example' }],
    ['no origin at all', { origin: 'null' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['another scheme', { origin: 'https://127.0.0.1' }],
    [
      'a page of another port',
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    ],
    [
      'a frame elsewhere',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    ],
    [
      'a script elsewhere',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    ],
  ] as const)('from %s is refused', async (_, headers) => {
    const reply = await guest.ask('/image/photo/known', headers);
    expect(reply.status).toBe(403);
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('from its own page, or of a person who opens the address, is answered', async () => {
    const origin = guest.server.origin;
    expect((await guest.ask('/', { origin, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    const opened = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect((await guest.ask('/', opened)).status).toBe(200);
    expect((await guest.ask('/', { 'sec-fetch-site': 'none' })).status).toBe(200);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    'by %s is refused',
    async (method) => {
      const reply = await guest.ask('/', {}, method);
      expect(reply.status).toBe(405);
      expect(reply.headers.allow).toBe('GET, HEAD');
    },
  );

  it('with a body is refused before the body, and its connection ends', async () => {
    const giant = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${guest.server.port}\r\nCookie: ${guest.cookie}\r\n`;
    for (const more of [
      'Content-Length: 1000000000000\r\n\r\nxxxx',
      'Content-Length: 4\r\nExpect: 100-continue\r\n\r\n',
      'Transfer-Encoding: chunked\r\n\r\nffffffff\r\nxxxx',
    ]) {
      const { closed } = await guest.raw(giant + more);
      expect(await closed).toMatch(/^HTTP\/1\.1 413 /);
    }
    expect((await guest.ask('/')).status).toBe(200);
  });

  it('with two lengths, a giant line or giant headers is refused', async () => {
    const host = `Host: 127.0.0.1:${guest.server.port}\r\n`;
    for (const [text, status] of [
      [`GET / HTTP/1.1\r\n${host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, '400'],
      [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, '431'],
      [`GET / HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`, '431'],
      [`GET / HTTP/1.1\r\n\r\n`, '400'],
      [`GET / HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n`, '421'],
      [`GET / HTTP/1.1\r\n${host}Host: evil.example\r\n\r\n`, '(400|401)'],
      ['\x16\x03\x01 hello', '400'],
    ] as const) {
      const { socket, closed } = await guest.raw(text);
      if (status.includes('|')) socket.end();
      expect(await closed).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
  });

  it('is answered with headers that leave a page only what it needs', async () => {
    for (const reply of [await guest.ask('/'), await guest.get('/'), await guest.ask('/nothing')]) {
      const policy = reply.headers['content-security-policy'] ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe|\*/);
      expect(reply.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

it('loopback is known by its addresses', () => {
  expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].map(isLoopback)).toEqual([true, true, true, true]);
  expect(['0.0.0.0', '::', '127.0.0.1.evil.example', '192.168.0.1'].map(isLoopback)).toEqual(
    Array(4).fill(false),
  );
});
