/**
 * WebSockets at `/socket`: each admitted one becomes a transport of the contract, is pinged, and is dropped when it
 * answers no longer. server.ts has already asked who it is.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Transport } from '../contract/transports/transport.ts';
import { websocketTransport } from '../contract/transports/websocket.ts';
import { refuseUpgrade } from './replies.ts';

export interface SocketOptions {
  /** Windows at a time. */
  readonly most: number;
  /** The largest message, in bytes. */
  readonly maxMessage: number;
  /** How much may wait for a window that does not read, in bytes. */
  readonly maxBuffered: number;
  /** Milliseconds between pings; without an answer until the next, the window is gone. */
  readonly pingEvery: number;
}

export class Sockets {
  readonly #options: SocketOptions;
  readonly #connect: (transport: Transport, client: string) => void;
  readonly #server: WebSocketServer;
  /** Those that have been pinged and have not answered. */
  readonly #silent = new WeakSet<WebSocket>();
  readonly #pinging: NodeJS.Timeout;
  #last = 0;

  constructor(options: SocketOptions, connect: (transport: Transport, client: string) => void) {
    this.#options = options;
    this.#connect = connect;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: options.maxMessage,
      perMessageDeflate: false,
    });
    this.#pinging = setInterval(() => this.ping(), options.pingEvery);
    this.#pinging.unref();
  }

  get size(): number {
    return this.#server.clients.size;
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.size >= this.#options.most) {
      refuseUpgrade(socket, 503, 'Too many windows are open.');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (open) => {
      open.on('pong', () => this.#silent.delete(open));
      this.#connect(websocketTransport(open, this.#options), `browser-${++this.#last}`);
    });
  }

  /** Ends who did not answer the last ping, and pings the others. */
  ping(): void {
    for (const open of this.#server.clients) {
      if (this.#silent.has(open)) open.terminate();
      else {
        this.#silent.add(open);
        open.ping();
      }
    }
  }

  /** Tells every window that the server goes away. */
  close(): void {
    clearInterval(this.#pinging);
    for (const open of this.#server.clients) open.close(1001, 'Albumen is closing');
    this.#server.close();
  }

  /** Ends those that have not left. */
  terminate(): void {
    for (const open of this.#server.clients) open.terminate();
  }
}
