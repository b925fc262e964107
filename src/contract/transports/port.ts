/**
 * Anything like a MessagePort as a transport: Node's and the browser's MessagePort, Electron's MessagePortMain, and a
 * child process (with `serialization: 'advanced'`). They differ in how they call things; all copy what they carry.
 */
import { Inlet } from './transport.ts';
import type { Transport } from './transport.ts';

/** node:worker_threads' MessagePort. */
export interface NodePort {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  postMessage(message: unknown): void;
  close(): void;
}

/** Electron's MessagePortMain: messages come as events, and only after `start`. */
export interface ElectronPort {
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  postMessage(message: unknown): void;
  start(): void;
  close(): void;
}

/** A browser's MessagePort; its `close` event exists in Chromium from 122 on. */
export interface DomPort {
  addEventListener(type: string, listener: (event: unknown) => void): void;
  postMessage(message: unknown): void;
  start(): void;
  close(): void;
}

/** A ChildProcess in its parent, or `process` in the child: made with `serialization: 'advanced'`. */
export interface ChildPort {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  send?(message: object, callback: (error: Error | null) => void): boolean;
  readonly connected: boolean;
  disconnect?(): void;
}

const gone = 'the other process has closed the connection';

function transport(inlet: Inlet, post: (message: unknown) => void, close: () => void): Transport {
  return {
    start: (receiver) => inlet.start(receiver),
    send: (message) => {
      if (inlet.open) post(message);
    },
    close: (why = 'closed') => {
      if (!inlet.open) return;
      inlet.close(why);
      close();
    },
  };
}

export function nodePort(port: NodePort): Transport {
  const inlet = new Inlet();
  port.on('message', (message) => inlet.deliver(message));
  port.on('close', () => inlet.close(gone));
  return transport(
    inlet,
    (message) => port.postMessage(message),
    () => port.close(),
  );
}

export function electronPort(port: ElectronPort): Transport {
  const inlet = new Inlet();
  port.on('message', ({ data }) => inlet.deliver(data));
  port.on('close', () => inlet.close(gone));
  port.start();
  return transport(
    inlet,
    (message) => port.postMessage(message),
    () => port.close(),
  );
}

export function domPort(port: DomPort): Transport {
  const inlet = new Inlet();
  port.addEventListener('message', (event) => {
    if (typeof event === 'object' && event !== null && 'data' in event) inlet.deliver(event.data);
  });
  port.addEventListener('close', () => inlet.close(gone));
  port.start();
  return transport(
    inlet,
    (message) => port.postMessage(message),
    () => port.close(),
  );
}

export function childPort(child: ChildPort): Transport {
  const inlet = new Inlet();
  child.on('message', (message) => inlet.deliver(message));
  child.on('disconnect', () => inlet.close(gone));
  const post = (message: unknown) => {
    if (typeof message !== 'object' || message === null || !child.connected) return;
    child.send?.(message, (error) => {
      if (error) inlet.close(gone);
    });
  };
  return transport(inlet, post, () => {
    if (child.connected) child.disconnect?.();
  });
}
