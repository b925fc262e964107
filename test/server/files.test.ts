/**
 * Pictures and the window's files: ranges, ETags, and that nothing else of the file system can be had.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pictureBytes, secret, startGuest } from './guest.ts';
import type { Guest } from './guest.ts';

let guest: Guest;
beforeAll(async () => (guest = await startGuest()));
afterAll(() => guest.close());

describe('a picture', () => {
  it('in a file is sent whole, in part, and not again', async () => {
    const whole = await guest.ask('/image/photo/known');
    expect(whole.status).toBe(200);
    expect(new Uint8Array(whole.body)).toEqual(pictureBytes);
    expect(whole.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-cache',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    const part = await guest.ask('/image/photo/known', { range: 'bytes=10-19' });
    expect(part.status).toBe(206);
    expect([...part.body]).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(part.headers['content-range']).toBe('bytes 10-19/1000');
    const beyond = await guest.ask('/image/photo/known', { range: 'bytes=5000-' });
    expect(beyond.status).toBe(416);
    expect(beyond.headers['content-range']).toBe('bytes */1000');
    const { etag = '' } = whole.headers;
    expect(etag).not.toBe('');
    const again = await guest.ask('/image/photo/known', { 'if-none-match': etag });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await guest.ask('/image/photo/known', { 'if-none-match': '"other"' })).status).toBe(200);
    expect((await guest.ask('/image/photo/known', { 'if-match': '"other"' })).status).toBe(412);
    const head = await guest.ask('/image/photo/known', {}, 'HEAD');
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '1000', 0]);
  });

  it('that never changes may be kept', async () => {
    const { headers } = await guest.ask('/image/thumb/known/256?v=2');
    expect(headers['cache-control']).toBe('private, max-age=31536000, immutable');
  });

  it('in bytes has the ETag it was given, without what would break the header', async () => {
    const whole = await guest.ask('/image/preview/1');
    expect(new Uint8Array(whole.body)).toEqual(pictureBytes);
    expect(whole.headers.etag).toBe('"p-1X:y"');
    expect(whole.headers['x']).toBeUndefined();
    const again = await guest.ask('/image/preview/1', { 'if-none-match': '"a", W/"p-1X:y"' });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    const head = await guest.ask('/image/preview/1', {}, 'HEAD');
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '1000', 0]);
  });

  it.each(['unknown/1', 'gone/1', 'folder/1', 'script/1', 'photo/nobody'])(
    'that is none (%s) is a 404',
    async (path) => {
      const reply = await guest.ask(`/image/${path}`);
      expect([reply.status, reply.text]).toEqual([404, 'There is nothing here.\n']);
    },
  );

  it('that fails says nothing of why, and the log has it', async () => {
    const reply = await guest.ask('/image/broken/1');
    expect([reply.status, reply.text]).toEqual([500, 'This picture cannot be shown.\n']);
    expect(guest.errors.splice(0)).toHaveLength(1);
  });
});

describe('a path', () => {
  it('of the window is sent: what is named by content for ever, the page for now', async () => {
    const script = await guest.ask('/assets/index-x1_Y-2.js');
    expect(script.headers['content-type']).toMatch(/^text\/javascript/);
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    for (const path of ['/', '/index.html', '/?page=2']) {
      const page = await guest.ask(path);
      expect([page.status, page.headers['cache-control']]).toEqual([200, 'public, max-age=0']);
    }
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/%252e%252e%252fsecret.txt',
    '/..\\secret.txt',
    '/..%5csecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/index.html%00.js',
    '/index.html\u0000',
    '/.env',
    '/.hidden/secret.txt',
    '/%2eenv',
    '/assets/',
    '/assets',
    '//etc/passwd',
    '/etc/passwd',
    '/C:/Windows/win.ini',
    '/file:///etc/passwd',
    'http://127.0.0.1/index.html',
    '*',
    '/image/photo/../../secret.txt',
    '/image/photo/..%2f..%2fsecret.txt',
    '/image/photo/%2e%2e',
    '/image/photo/known/../../../secret.txt',
    '/image/photo//known',
    '/image/Photo/known',
    `/image/photo/${'a'.repeat(65)}`,
  ])('like %j leads nowhere', async (path) => {
    const { socket, closed } = await guest.raw(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${guest.server.port}\r\nCookie: ${guest.cookie}\r\nConnection: close\r\n\r\n`,
    );
    const reply = await closed;
    socket.destroy();
    expect(reply).toMatch(/^HTTP\/1\.1 (400|404) /);
    expect(reply).not.toContain(secret);
    expect(guest.errors).toEqual([]);
  });

  it('of any kind brings no secret and no error of ours', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '..',
        '.',
        '/',
        '\\',
        '%2e',
        '%2f',
        '%5c',
        '%00',
        '%25',
        'secret.txt',
        '.env',
        'image',
        'photo',
      ),
      fc.constantFrom('index.html', 'assets', 'known', '?', '#', '%', '%zz', ';', '~', ':', '@', '*', '..;'),
      fc.string({ maxLength: 5 }).map((text) => encodeURI(text.toWellFormed())),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const reply = await guest.ask(`/${pieces.join('')}`.replace(/[^\x21-\x7e]/g, ''));
        expect(reply.text).not.toContain(secret);
        expect([200, 304, 400, 404]).toContain(reply.status);
        expect(guest.errors).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
