/**
 * The server under bad guests: windows of strangers, slow and many connections, ports that are taken, and its end.
 */
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../../src/contract/client.ts';
import { websocketTransport } from '../../src/contract/transports/websocket.ts';
import { startServer } from '../../src/server/server.ts';
import { toy } from '../contract/toy.ts';
import { startGuest } from './guest.ts';
import type { Guest } from './guest.ts';

let guest: Guest;
afterEach(() => guest.close());

const open = (headers: Record<string, string>, path = '/socket') =>
  new WebSocket(`ws://127.0.0.1:${guest.server.port}${path}`, { headers });

/** A window with the cookie and the right origin. */
const openWindow = () => open({ cookie: guest.cookie, origin: guest.server.origin });

/** The status a refused upgrade is answered with. */
async function refused(socket: WebSocket): Promise<number | undefined> {
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode?: number }];
  socket.terminate();
  return response.statusCode;
}

describe('a window', () => {
  it('speaks the contract over its socket', async () => {
    guest = await startGuest();
    const { client, close } = connect(toy, websocketTransport(openWindow()));
    expect(await client.toy.add({ a: 1, b: 2 })).toBe(3);
    expect(await client.toy.greet({ name: 'anna' })).toBe('Good day, anna');
    expect(guest.seen.clients).toEqual(['browser-1']);
    expect((await client.toy.turn({ data: new Uint8Array([1, 2, 3]) })).data).toEqual(
      new Uint8Array([3, 2, 1]),
    );
    expect(guest.server.connections().windows).toBe(1);
    close();
    await vi.waitFor(() => expect(guest.server.connections().windows).toBe(0));
  });

  it('of a stranger is refused', async () => {
    guest = await startGuest();
    const { cookie } = guest;
    const { origin, port } = guest.server;
    expect(await refused(open({ origin }))).toBe(401);
    expect(await refused(open({ cookie: 'albumen_1=x', origin }))).toBe(401);
    expect(await refused(open({ cookie }))).toBe(403);
    expect(await refused(open({ cookie, origin: 'http://evil.example' }))).toBe(403);
    expect(await refused(open({ cookie, origin: 'null' }))).toBe(403);
    expect(await refused(open({ cookie, origin: `http://localhost:${port}` }))).toBe(403);
    expect(
      await refused(open({ cookie, origin: `http://evil.example:${port}`, host: `evil.example:${port}` })),
    ).toBe(421);
    expect(await refused(open({ cookie, origin }, '/other'))).toBe(404);
    expect(
      await refused(
        open({ cookie, origin }, `/socket?token=${new URL(guest.server.url).searchParams.get('token')}`),
      ),
    ).toBe(404);
    expect(guest.server.connections().windows).toBe(0);
    expect((await guest.ask('/')).status).toBe(200);
  });

  it('more than there may be is refused', async () => {
    guest = await startGuest({ limits: { most: 2 } });
    const windows = [openWindow(), openWindow()];
    await Promise.all(windows.map((socket) => once(socket, 'open')));
    expect(await refused(openWindow())).toBe(503);
    windows[0]?.close();
    await vi.waitFor(() => expect(guest.server.connections().windows).toBe(1));
    await once(openWindow(), 'open');
  });

  it('that sends more than a message may have is closed, and others go on', async () => {
    guest = await startGuest({ limits: { maxMessage: 1000 } });
    const giant = openWindow();
    await once(giant, 'open');
    giant.send('x'.repeat(2000));
    expect((await once(giant, 'close'))[0]).toBe(1009);
    const { client } = connect(toy, websocketTransport(openWindow()));
    expect(await client.toy.add({ a: 1, b: 2 })).toBe(3);
  });

  it('that answers no ping is dropped, and what it asked is stopped', async () => {
    guest = await startGuest({ limits: { pingEvery: 50 } });
    const dead = new WebSocket(`ws://127.0.0.1:${guest.server.port}/socket`, {
      headers: { cookie: guest.cookie, origin: guest.server.origin },
      autoPong: false,
    });
    const { client, closed } = connect(toy, websocketTransport(dead));
    const waiting = client.toy.wait({}).catch((error: unknown) => error);
    await closed;
    expect(await waiting).toMatchObject({ code: 'disconnected' });
    await vi.waitFor(() => expect(guest.seen.aborted).toEqual(['wait']));
  });
});

describe('a slow guest', () => {
  it('who never finishes its headers is put out, and others are answered meanwhile', async () => {
    guest = await startGuest({ limits: { headersTimeout: 200, requestTimeout: 300, checkEvery: 50 } });
    const slow = await Promise.all(
      Array.from({ length: 20 }, () => guest.raw('GET / HTTP/1.1\r\nHost: 127')),
    );
    const drip = setInterval(() => {
      for (const { socket } of slow) socket.write('.');
    }, 20);
    expect((await guest.ask('/')).status).toBe(200);
    for (const { closed } of slow) expect(await closed).toMatch(/^(HTTP\/1\.1 408 .*)?/);
    clearInterval(drip);
    await vi.waitFor(() => expect(guest.server.connections().all).toBe(0));
  });

  it('who says nothing at all is put out', async () => {
    guest = await startGuest({
      limits: { headersTimeout: 100, requestTimeout: 100, checkEvery: 50, idleTimeout: 200 },
    });
    const { closed } = await guest.raw('');
    await closed;
    expect((await guest.ask('/')).status).toBe(200);
  });
});

describe('a thousand connections', () => {
  it('of one address are cut to its share, and who has the cookie is still answered', async () => {
    guest = await startGuest({ limits: { perAddress: 64 } });
    const window = openWindow();
    const { client } = connect(toy, websocketTransport(window));
    expect(await client.toy.add({ a: 1, b: 2 })).toBe(3);
    const crowd = Array.from({ length: 1000 }, () => connectSocket(guest.server.port, '127.0.0.1'));
    await Promise.all(
      crowd.map((socket) => {
        socket.on('error', () => undefined);
        return once(socket, 'connect');
      }),
    );
    expect((await guest.ask('/')).status).toBe(200);
    expect(guest.server.connections().all).toBeLessThanOrEqual(64);
    expect((await guest.ask('/image/photo/known')).status).toBe(200);
    expect(await client.toy.add({ a: 2, b: 2 })).toBe(4);
    await vi.waitFor(() =>
      expect(crowd.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(64),
    );
    for (const socket of crowd) socket.destroy();
    expect(window.readyState).toBe(window.OPEN);
    window.close();
  });

  it('with the cookie are cut too', async () => {
    guest = await startGuest({ limits: { perAddress: 8 } });
    const windows = Array.from({ length: 8 }, openWindow);
    await Promise.all(windows.map((socket) => once(socket, 'open')));
    await expect(guest.ask('/')).rejects.toThrow();
    windows[0]?.close();
    await vi.waitFor(async () => expect((await guest.ask('/')).status).toBe(200));
    for (const socket of windows) socket.terminate();
  });
});

describe('the end', () => {
  it('lets a running response finish, tells the windows, and takes no more', async () => {
    guest = await startGuest();
    const { closed } = connect(toy, websocketTransport(openWindow()));
    const slow = guest.ask('/image/slow/known');
    await vi.waitFor(() => expect(guest.finish).toHaveLength(1));
    const end = guest.server.close(30_000);
    await closed;
    await expect(guest.ask('/')).rejects.toThrow('ECONNREFUSED');
    for (const finish of guest.finish.splice(0)) finish();
    expect((await slow).body).toHaveLength(1000);
    await end;
  });

  it('does not wait for ever', async () => {
    guest = await startGuest();
    const slow = guest.ask('/image/slow/known').catch((error: unknown) => error);
    const silent = await guest.raw('');
    await vi.waitFor(() => expect(guest.finish).toHaveLength(1));
    await guest.server.close(50);
    expect(await slow).toBeInstanceOf(Error);
    await silent.closed;
  });
});

it('a port that is taken is told in one sentence', async () => {
  guest = await startGuest();
  const { port } = guest.server;
  const nothing = () => undefined;
  const options = {
    port,
    clientFolder: '.',
    pictures: async () => undefined,
    connect: nothing,
    log: nothing,
  };
  await expect(startServer(options)).rejects.toMatchObject({
    code: 'usage',
    message: `Albumen cannot listen on 127.0.0.1, port ${port}: another program uses it.`,
  });
});
