/**
 * How many connections one address may hold: a page elsewhere may open a thousand to keep Albumen busy, so when an
 * address has its share, the oldest one that never showed the cookie makes room. server.ts counts them in.
 */
import type { Socket } from 'node:net';

export class Crowd {
  readonly #most: number;
  /** By address; the oldest first. */
  readonly #sockets = new Map<string, Set<Socket>>();
  readonly #known = new WeakSet<Socket>();

  /** `most` connections of one address. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many there are, of all addresses. */
  get size(): number {
    return [...this.#sockets.values()].reduce((sum, sockets) => sum + sockets.size, 0);
  }

  /** Counts a new connection in, or ends it where its address has its share and all of them are known. */
  enter(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const sockets = this.#sockets.get(address) ?? new Set();
    this.#sockets.set(address, sockets);
    if (sockets.size >= this.#most) {
      const stranger = [...sockets].find((other) => !this.#known.has(other));
      if (!stranger) {
        socket.destroy();
        return;
      }
      sockets.delete(stranger);
      stranger.destroy();
    }
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0 && this.#sockets.get(address) === sockets) this.#sockets.delete(address);
    });
  }

  /** A request on it had the cookie: it is not put out for a stranger. */
  know(socket: Socket): void {
    this.#known.add(socket);
  }
}
