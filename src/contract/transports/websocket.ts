/**
 * A WebSocket as a transport: the browser's own, or one of the package `ws` on the serving side. Frames are frames.ts;
 * a consumer that does not take what it is sent is dropped rather than let the serving side grow.
 */
import { decodeFrame, encodeFrame } from './frames.ts';
import { Inlet } from './transport.ts';
import type { Transport } from './transport.ts';

/** What browsers' and ws's sockets have in common, as far as it is used. */
export interface SocketLike {
  binaryType: string;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  /** Only ws has it: ends at once, whatever is still buffered. */
  terminate?(): void;
  addEventListener(type: 'open' | 'close' | 'error' | 'message', listener: (event: unknown) => void): void;
}

export interface SocketLimits {
  /** The largest message, in bytes of its frame (text: in UTF-16 units). */
  readonly maxMessage: number;
  /** How much may wait for the other side before it is dropped, in bytes. */
  readonly maxBuffered: number;
}

export const socketLimits: SocketLimits = { maxMessage: 32 << 20, maxBuffered: 64 << 20 };

/** What is sent before the socket is open waits. */
export function websocketTransport(socket: SocketLike, limits: Partial<SocketLimits> = {}): Transport {
  const { maxMessage, maxBuffered } = { ...socketLimits, ...limits };
  const inlet = new Inlet();
  const early: (string | Uint8Array<ArrayBuffer>)[] = [];

  function end(why: string, code = 1000): void {
    inlet.close(why);
    // A reason has room for 123 bytes.
    socket.close(code, why.replace(/[^\x20-\x7e]/g, '?').slice(0, 120));
  }

  function drop(why: string): void {
    inlet.close(why);
    if (socket.terminate) socket.terminate();
    else socket.close();
  }

  function receive(data: unknown): void {
    if (typeof data !== 'string' && !(data instanceof ArrayBuffer))
      return end('an unknown kind of frame', 1003);
    let message: unknown;
    try {
      message = decodeFrame(data);
    } catch (error) {
      // JSON.parse quotes what it read; only that it failed matters to the other side.
      return end(error instanceof SyntaxError ? 'a frame that is no message' : String(error), 1007);
    }
    inlet.deliver(message);
  }

  socket.binaryType = 'arraybuffer';
  socket.addEventListener('open', () => {
    for (const frame of early.splice(0)) socket.send(frame);
  });
  socket.addEventListener('message', (event) => {
    if (typeof event === 'object' && event !== null && 'data' in event) receive(event.data);
  });
  socket.addEventListener('close', () => inlet.close('the connection was closed'));
  // An error is always followed by `close`; without a listener, ws would end the process.
  socket.addEventListener('error', () => inlet.close('the connection failed'));

  return {
    start: (receiver) => inlet.start(receiver),
    send: (message) => {
      if (!inlet.open) return;
      const frame = encodeFrame(message);
      if (frame.length > maxMessage) throw new Error(`internal: a message of more than ${maxMessage} bytes`);
      if (socket.readyState === 0) early.push(frame);
      else if (socket.readyState === 1) socket.send(frame);
      if (socket.bufferedAmount > maxBuffered) drop('the other side does not keep up');
    },
    close: (why = 'closed') => {
      if (inlet.open) end(why);
    },
  };
}
