/**
 * Both sides in one process: the command line and most tests. Messages are still copied and still arrive later, so that
 * nothing works here that would not work through a port.
 */
import { Inlet } from './transport.ts';
import type { Transport } from './transport.ts';

/** The two ends of a line. */
export function directPair(): [Transport, Transport] {
  const inlets = [new Inlet(), new Inlet()] as const;
  const end = (mine: Inlet, theirs: Inlet): Transport => ({
    start: (receiver) => mine.start(receiver),
    send: (message) => {
      const copy = structuredClone(message);
      queueMicrotask(() => theirs.deliver(copy));
    },
    close: (why = 'closed') => {
      mine.close(why);
      queueMicrotask(() => theirs.close(why));
    },
  });
  return [end(inlets[0], inlets[1]), end(inlets[1], inlets[0])];
}
