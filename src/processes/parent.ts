/**
 * The line to whoever started this process: Node's channel to a parent, or Electron's to the main process. When it ends,
 * so does this process. library.ts and engine.ts talk over it.
 */
import { childPort } from '../contract/transports/port.ts';
import { Inlet } from '../contract/transports/transport.ts';
import type { Transport } from '../contract/transports/transport.ts';

/** Electron's process.parentPort, as far as it is used; it lives as long as the process. */
interface ParentPort {
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  postMessage(message: unknown): void;
}

/** Resolves `gone` when nobody is at the other end any more. */
export function parentLine(): { readonly transport: Transport; readonly gone: Promise<undefined> } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  // Ctrl-C reaches every process of a terminal: the parent decides what it means
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => resolve(undefined));
  const port = electronPort();
  if (port) return { transport: overElectron(port), gone: promise };
  process.on('disconnect', () => resolve(undefined));
  return { transport: childPort(process), gone: promise };
}

function electronPort(): ParentPort | undefined {
  return 'parentPort' in process ? (process.parentPort as ParentPort | undefined) : undefined;
}

function overElectron(port: ParentPort): Transport {
  const inlet = new Inlet();
  port.on('message', ({ data }) => inlet.deliver(data));
  return {
    start: (receiver) => inlet.start(receiver),
    send: (message) => {
      if (inlet.open) port.postMessage(message);
    },
    close: (why = 'closed') => inlet.close(why),
  };
}
