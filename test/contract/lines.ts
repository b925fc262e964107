/**
 * Every way to join two ends, for tests: each `Line` makes the consumer's and the serving side's transport.
 * contract.test.ts runs the same tests over all of them.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { WebSocketServer } from 'ws';
import type { WebSocket as ServerSocket } from 'ws';
import { connect } from '../../src/contract/client.ts';
import { relay } from '../../src/contract/relay.ts';
import { serve } from '../../src/contract/serve.ts';
import { directPair } from '../../src/contract/transports/direct.ts';
import { acceptChannels, openChannels } from '../../src/contract/transports/mux.ts';
import { domPort, nodePort } from '../../src/contract/transports/port.ts';
import type { Transport } from '../../src/contract/transports/transport.ts';
import { websocketTransport } from '../../src/contract/transports/websocket.ts';
import type { SocketLimits } from '../../src/contract/transports/websocket.ts';
import { toy } from './toy.ts';

export type Pair = readonly [near: Transport, far: Transport];

/** A WebSocket on loopback: Node's own client, which is the browser's interface, and one of `ws` at the other end. */
export async function sockets(
  limits: { near?: Partial<SocketLimits>; far?: Partial<SocketLimits> } = {},
): Promise<{ pair: Pair; near: WebSocket; far: ServerSocket; close: () => void }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const near = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  // The transport is made before the socket is open, as in a page.
  const nearEnd = websocketTransport(near, limits.near);
  const [far] = (await once(server, 'connection')) as [ServerSocket];
  const farEnd = websocketTransport(far, limits.far);
  const close = () => {
    far.terminate();
    server.close();
  };
  return { pair: [nearEnd, farEnd], near, far, close };
}

export interface Line {
  readonly name: string;
  /** How many times a message is passed on: each hop has room for items of its own. */
  readonly hops: number;
  /** Adds to `after` what must be called when the test is over. */
  readonly make: (after: (() => void)[]) => Promise<Pair> | Pair;
}

export const lines: readonly Line[] = [
  { name: 'direct', hops: 1, make: () => directPair() },
  {
    name: 'port (Node)',
    hops: 1,
    make: () => {
      const { port1, port2 } = new MessageChannel();
      return [nodePort(port1), nodePort(port2)];
    },
  },
  {
    name: 'port (browser)',
    hops: 1,
    make: () => {
      const { port1, port2 } = new MessageChannel();
      return [domPort(port1), domPort(port2)];
    },
  },
  {
    name: 'channel over a port',
    hops: 1,
    make: () => {
      const { port1, port2 } = new MessageChannel();
      const open = openChannels(nodePort(port1));
      const far = new Promise<Transport>((resolve) => acceptChannels(nodePort(port2), resolve));
      const near = open('one');
      return far.then((accepted) => [near, accepted] as const);
    },
  },
  {
    name: 'websocket',
    hops: 1,
    make: async (after) => {
      const { pair, close } = await sockets();
      after.push(close);
      return pair;
    },
  },
  {
    name: 'relay',
    hops: 2,
    make: () => {
      const [near, window] = directPair();
      const [library, far] = directPair();
      const upstream = connect(toy, library);
      const served = serve(toy, relay(toy, upstream.client), window, {
        log: ({ error }) => {
          throw error;
        },
        limits: { running: 20_000, streams: 1000 },
      });
      void served.closed.then(() => upstream.close());
      void upstream.closed.then((why) => served.close(why));
      return [near, far];
    },
  },
];
