/**
 * What a library that cannot be opened answers: to whatever anybody asks, why. So a window can say it, and offer what to
 * do. library.ts serves it instead of the studio.
 */
import { acceptChannels } from '../contract/transports/mux.ts';
import type { Transport } from '../contract/transports/transport.ts';
import { UserError } from '../domain/errors.ts';
import type { PlainError } from '../domain/errors.ts';

export function serveRefusal(transport: Transport, why: unknown): void {
  const error: PlainError =
    why instanceof UserError
      ? why.toPlain()
      : {
          code: 'internal',
          message: 'The library could not be opened.',
          advice: 'Start Albumen again; if it happens again, report it with the log of the library.',
        };
  acceptChannels(transport, (channel) => {
    channel.start({
      message: (message) => {
        if (typeof message !== 'object' || message === null || !('kind' in message) || !('id' in message))
          return;
        if (message.kind === 'call') channel.send({ kind: 'error', id: message.id, error });
      },
      closed: () => undefined,
    });
  });
}
