/**
 * A utility process as a transport: what its process.parentPort is the other end of. It ends when the process does.
 * broker.ts starts the two there are; src/processes/parent.ts is the other side.
 */
import type { UtilityProcess } from 'electron';
import { Inlet } from '../contract/transports/transport.ts';
import type { Transport } from '../contract/transports/transport.ts';

export type Utility = Pick<UtilityProcess, 'postMessage' | 'kill'> & {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
};

export function utilityTransport(child: Utility): Transport {
  const inlet = new Inlet();
  child.on('message', (message) => inlet.deliver(message));
  child.on('exit', (code) => inlet.close(`the process has ended (${code})`));
  return {
    start: (receiver) => inlet.start(receiver),
    send: (message) => {
      if (inlet.open) child.postMessage(message);
    },
    close: (why = 'closed') => {
      if (!inlet.open) return;
      inlet.close(why);
      child.kill();
    },
  };
}
