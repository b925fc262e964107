/**
 * What is peculiar to one transport: frames and hostile frames, sockets that do not read, a child process, channels,
 * Electron's ports. What all have in common is contract.test.ts.
 */
import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connect } from '../../src/contract/client.ts';
import { plain } from '../../src/contract/plain.ts';
import { directPair } from '../../src/contract/transports/direct.ts';
import { decodeFrame, encodeFrame } from '../../src/contract/transports/frames.ts';
import { acceptChannels, openChannels } from '../../src/contract/transports/mux.ts';
import { childPort, electronPort, nodePort } from '../../src/contract/transports/port.ts';
import { pipe } from '../../src/contract/transports/transport.ts';
import type { Transport } from '../../src/contract/transports/transport.ts';
import { sockets } from './lines.ts';
import { all, rig, sumOf, toy } from './toy.ts';

const after: (() => void)[] = [];
afterEach(() => {
  for (const end of after.splice(0)) end();
});

/** The other end as it arrives: a string, or an ArrayBuffer. */
const wire = (frame: string | Uint8Array<ArrayBuffer>) => (typeof frame === 'string' ? frame : frame.buffer);

describe('plain data', () => {
  it('refuses what a transport would change', () => {
    class Person {
      readonly name = 'anna';
    }
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    for (const value of [
      new Date(),
      new Map(),
      new Person(),
      new Float32Array(2),
      () => 1,
      1n,
      Symbol('x'),
      circle,
    ]) {
      expect(() => plain({ value })).toThrow(/^internal: /);
    }
    expect(plain(Object.assign(Object.create(null), { a: [1, undefined, { b: undefined }] }))).toEqual({
      a: [1, undefined, {}],
    });
  });
});

describe('frames', () => {
  const leaf = fc.oneof(
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
  );
  const { message } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'))),
    message: fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('value')),
  }));

  it('bring back exactly what was plain', () => {
    fc.assert(
      fc.property(message, (value) => {
        const sent = plain(value);
        // JSON has no -0.
        const back = JSON.parse(
          JSON.stringify(sent, (_, item: unknown) => (Object.is(item, -0) ? 0 : item)),
        ) as unknown;
        const frame = encodeFrame(sent);
        if (typeof frame === 'string') expect(decodeFrame(frame)).toEqual(back);
        else expect(encodeFrame(decodeFrame(frame.buffer))).toEqual(frame);
      }),
    );
    const odd = { a: [Number.NaN, { b: new Uint8Array([1, 2]) }, -Infinity], c: new Uint8Array(0) };
    expect(decodeFrame(wire(encodeFrame(odd)))).toEqual(odd);
  });

  it('that are nonsense throw, and touch nothing', () => {
    const framed = (header: string, rest = 0): ArrayBuffer => {
      const bytes = new TextEncoder().encode(header);
      const frame = new Uint8Array(4 + bytes.length + rest);
      new DataView(frame.buffer).setUint32(0, bytes.length, true);
      frame.set(bytes, 4);
      return frame.buffer;
    };
    expect(decodeFrame(framed('{"message": {"a": null}, "parts": [[["a"], 2]]}', 2))).toEqual({
      a: new Uint8Array(2),
    });
    for (const frame of [
      new ArrayBuffer(0),
      new ArrayBuffer(3),
      new Uint8Array([255, 255, 255, 255, 1]).buffer,
      framed('nothing'),
      framed('null'),
      framed('{"message": {}}'),
      framed('{"message": {}, "parts": {}}'),
      framed('{"message": {}, "parts": [1]}'),
      framed('{"message": {"a": null}, "parts": [[["a"], 3]]}', 2),
      framed('{"message": {"a": null}, "parts": [[["a"], -1]]}'),
      framed('{"message": {"a": null}, "parts": [[["a"], 1e300]]}'),
      framed('{"message": {"a": null}, "parts": [[["a"], "1"]]}'),
      framed('{"message": {"a": 1}, "parts": [[["a"], "NaN"]]}'),
      framed('{"message": {"a": null}, "parts": [[["b"], "NaN"]]}'),
      framed('{"message": {"a": null}, "parts": [["a", "NaN"]]}'),
      framed('{"message": {}, "parts": [[["__proto__", "polluted"], "NaN"]]}'),
      framed('{"message": {"a": []}, "parts": [[["a", "constructor", "polluted"], "NaN"]]}'),
      framed('{"message": null, "parts": []}', 1),
    ]) {
      expect(() => decodeFrame(frame)).toThrow();
    }
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const frame = new Uint8Array(bytes).buffer;
        try {
          decodeFrame(frame);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('a socket', () => {
  it.each([
    ['text that is no message', 'hello'],
    ['JSON of another kind', '{"kind": "hello"}'],
    ['a number used twice', '{"kind": "call", "id": 1, "name": "toy.wait", "input": {}}'],
    ['a number that is none', '{"kind": "call", "id": "1", "name": "toy.wait"}'],
    ['deep nesting', '['.repeat(1e6)],
    ['bytes', new Uint8Array(100)],
  ])('that sends %s is closed, and the others go on', async (_, frame) => {
    const [bad, good] = [await sockets(), await sockets()];
    after.push(bad.close, good.close);
    const [badRig, goodRig] = [rig(bad.pair), rig(good.pair)];
    const waiting = badRig.client.toy.wait({}).catch((error: unknown) => error);
    await vi.waitFor(() => expect(badRig.seen.started).toBe(1));
    bad.near.send(frame);
    expect(await waiting).toMatchObject({ code: 'disconnected' });
    await badRig.served.closed;
    expect(badRig.seen.aborted).toEqual(['wait']);
    expect(await goodRig.client.toy.add({ a: 1, b: 1 })).toBe(2);
  });

  it('that does not read is dropped', async () => {
    const { pair, far, close } = await sockets({ far: { maxBuffered: 1 << 20 } });
    after.push(close);
    const [, farEnd] = pair;
    const closed = new Promise<string>((resolve) =>
      farEnd.start({ message: () => undefined, closed: resolve }),
    );
    // What is not read stays with us: a socket that takes nothing.
    Object.defineProperty(far, 'bufferedAmount', { value: (1 << 20) + 1 });
    farEnd.send({ item: 1 });
    expect(await closed).toBe('the other side does not keep up');
    await vi.waitFor(() => expect(far.readyState).toBe(far.CLOSED));
  });

  it('refuses to send what the other side would not take, and stays open', async () => {
    const { pair, close } = await sockets({ near: { maxMessage: 10_000 }, far: { maxMessage: 10_000 } });
    after.push(close);
    const { client, seen } = rig(pair);
    await expect(client.toy.turn({ data: new Uint8Array(20_000) })).rejects.toMatchObject({ code: 'usage' });
    expect((await client.toy.turn({ data: new Uint8Array(5000) })).data).toHaveLength(5000);
    expect(seen.problems).toEqual([]);
  });

  it('that fails rejects what waits', async () => {
    const { pair, far, close } = await sockets();
    after.push(close);
    const { client, seen } = rig(pair);
    const waiting = client.toy.wait({}).catch((error: unknown) => error);
    await vi.waitFor(() => expect(seen.started).toBe(1));
    far.terminate();
    expect(await waiting).toMatchObject({ code: 'disconnected' });
  });
});

describe('a child process', () => {
  it('serves many channels, and its end rejects what waits in all of them', async () => {
    const child = fork(fileURLToPath(new URL('child.ts', import.meta.url)), { serialization: 'advanced' });
    after.push(() => child.kill('SIGKILL'));
    const open = openChannels(childPort(child));
    const [one, two] = [connect(toy, open('one')), connect(toy, open('two'))];
    const data = new Uint8Array(1 << 20).fill(3);
    const answer = await one.client.toy.turn({ data });
    expect(answer.sum).toBe(sumOf(data));
    expect(answer.data.length).toBe(1 << 20);
    expect(await all(two.client.toy.count({ to: 100 }))).toHaveLength(100);
    two.close();
    expect(await one.client.toy.add({ a: 1, b: 1 })).toBe(2);
    const waiting = one.client.toy.wait({}).catch((error: unknown) => error);
    child.kill('SIGKILL');
    expect(await waiting).toMatchObject({ code: 'disconnected' });
    await once(child, 'exit');
    await expect(connect(toy, open('three')).client.toy.add({ a: 1, b: 1 })).rejects.toMatchObject({
      code: 'disconnected',
    });
  });
});

describe('channels', () => {
  it('close alone, and a socket piped into one closes with it', async () => {
    const [nearTrunk, farTrunk] = directPair();
    const accepted: Transport[] = [];
    const names: string[] = [];
    acceptChannels(farTrunk, (channel, name) => {
      accepted.push(channel);
      names.push(name);
    });
    const open = openChannels(nearTrunk);
    const socket = await sockets();
    after.push(socket.close);
    const channel = open('window');
    pipe(socket.pair[1], channel);
    const other = open('other');
    await vi.waitFor(() => expect(names).toEqual(['window', 'other']));
    const [first, second] = accepted as [Transport, Transport];
    const { client, served, closed } = rig([socket.pair[0], first]);
    const { client: otherClient } = rig([other, second]);
    expect((await client.toy.turn({ data: new Uint8Array([1, 2]) })).data).toEqual(new Uint8Array([2, 1]));
    socket.near.close();
    await Promise.all([closed, served.closed]);
    expect(await otherClient.toy.add({ a: 1, b: 1 })).toBe(2);
  });

  it('take no notice of frames that are none', async () => {
    const [nearTrunk, farTrunk] = directPair();
    const accepted: Transport[] = [];
    acceptChannels(farTrunk, (channel) => accepted.push(channel));
    nearTrunk.start({ message: () => undefined, closed: () => undefined });
    for (const frame of [
      null,
      1,
      {},
      { channel: '1', kind: 'open', text: '' },
      { channel: 9, kind: 'message', message: 1 },
    ]) {
      nearTrunk.send(frame);
    }
    nearTrunk.send({ channel: 1, kind: 'open', text: 'one' });
    nearTrunk.send({ channel: 1, kind: 'open', text: 'again' });
    nearTrunk.send({ channel: 2, kind: 'open', text: 'two' });
    await vi.waitFor(() => expect(accepted).toHaveLength(2));
  });
});

it("Electron's ports carry the contract", async () => {
  const { port1, port2 } = new MessageChannel();
  // A MessagePortMain as Electron documents it: an emitter of `{ data }`, silent until started.
  class Main extends EventEmitter {
    start(): void {
      port2.on('message', (data: unknown) => this.emit('message', { data }));
      port2.on('close', () => this.emit('close'));
    }
    postMessage(message: unknown): void {
      port2.postMessage(message);
    }
    close(): void {
      port2.close();
    }
  }
  const { client, served, closed, close } = rig([nodePort(port1), electronPort(new Main())]);
  expect(await client.toy.add({ a: 1, b: 1 })).toBe(2);
  close();
  await Promise.all([closed, served.closed]);
});
