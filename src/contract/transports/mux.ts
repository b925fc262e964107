/**
 * Many connections over one transport: a host that serves several windows or browsers through one child process, where
 * no port can be handed over. One side opens, the other accepts; both end with the trunk.
 */
import { Inlet } from './transport.ts';
import type { Transport } from './transport.ts';

type Frame =
  | { readonly channel: number; readonly kind: 'open' | 'close'; readonly text: string }
  | { readonly channel: number; readonly kind: 'message'; readonly message: unknown };

function isFrame(frame: unknown): frame is Frame {
  if (typeof frame !== 'object' || frame === null || !('channel' in frame) || !('kind' in frame))
    return false;
  if (typeof frame.channel !== 'number') return false;
  if (frame.kind === 'message') return 'message' in frame;
  return (
    (frame.kind === 'open' || frame.kind === 'close') && 'text' in frame && typeof frame.text === 'string'
  );
}

/** The channels of one side, by number. */
class Channels {
  readonly #trunk: Transport;
  readonly #inlets = new Map<number, Inlet>();

  constructor(trunk: Transport) {
    this.#trunk = trunk;
  }

  add(channel: number): Transport {
    const inlet = new Inlet();
    this.#inlets.set(channel, inlet);
    return {
      start: (receiver) => inlet.start(receiver),
      send: (message) => {
        if (inlet.open) this.#send({ channel, kind: 'message', message });
      },
      close: (why = 'closed') => {
        if (!inlet.open) return;
        this.#send({ channel, kind: 'close', text: why });
        this.#end(channel, why);
      },
    };
  }

  has(channel: number): boolean {
    return this.#inlets.has(channel);
  }

  take(frame: Frame): void {
    if (frame.kind === 'message') this.#inlets.get(frame.channel)?.deliver(frame.message);
    else if (frame.kind === 'close') this.#end(frame.channel, frame.text);
  }

  endAll(why: string): void {
    for (const channel of [...this.#inlets.keys()]) this.#end(channel, why);
  }

  #end(channel: number, why: string): void {
    const inlet = this.#inlets.get(channel);
    this.#inlets.delete(channel);
    inlet?.close(why);
  }

  #send(frame: Frame): void {
    this.#trunk.send(frame);
  }
}

/**
 * The side that opens: each call of the function it returns is one more connection. `name` tells the other side who it
 * is (an id for its log). `closed` is told once when the trunk ends, after every channel.
 */
export function openChannels(
  trunk: Transport,
  closed: (why: string) => void = () => undefined,
): (name: string) => Transport {
  const channels = new Channels(trunk);
  let last = 0;
  let ended: string | undefined;
  trunk.start({
    message: (frame) => {
      if (isFrame(frame)) channels.take(frame);
    },
    closed: (why) => {
      ended = why;
      channels.endAll(why);
      closed(why);
    },
  });
  return (name) => {
    const channel = ++last;
    const transport = channels.add(channel);
    if (ended === undefined) trunk.send({ channel, kind: 'open', text: name } satisfies Frame);
    else channels.endAll(ended);
    return transport;
  };
}

/** The side that accepts: `accept` is given each connection that the other side opens, with its name. */
export function acceptChannels(
  trunk: Transport,
  accept: (channel: Transport, name: string) => void,
  closed: (why: string) => void = () => undefined,
): void {
  const channels = new Channels(trunk);
  trunk.start({
    message: (frame) => {
      if (!isFrame(frame)) return;
      if (frame.kind !== 'open') channels.take(frame);
      else if (!channels.has(frame.channel)) accept(channels.add(frame.channel), frame.text);
    },
    closed: (why) => {
      channels.endAll(why);
      closed(why);
    },
  });
}
