/**
 * A child process that serves the toy to whoever opens a channel, as processes/library.ts serves the studio.
 * transports.test.ts starts it.
 */
import { serve } from '../../src/contract/serve.ts';
import { acceptChannels } from '../../src/contract/transports/mux.ts';
import { childPort } from '../../src/contract/transports/port.ts';
import { Seen, toy, toyService } from './toy.ts';

acceptChannels(childPort(process), (channel, client) => {
  const seen = new Seen();
  serve(toy, { toy: toyService(seen) }, channel, { client, log: (problem) => seen.problems.push(problem) });
});
