/**
 * Scans as jobs: the library service scans, the queue shows it, pauses it and takes it up again. A scan that was stopped
 * begins anew, and passes over what it has seen.
 */
import type { ScanProgress } from '../../domain/library.ts';
import { UserError } from '../../domain/errors.ts';
import { payloadOf } from '../../services/jobs/payloads.ts';
import type { Worker } from '../../services/jobs/ports.ts';
import type { LibraryService } from '../../services/photos/library.service.ts';

/** `scanned` is done as part of a scan that came to its end. */
export function scanWorker(library: LibraryService, stop: () => void, scanned: () => Promise<void>): Worker {
  return {
    async run({ job, signal, progress }) {
      const { folders } = payloadOf('scan', job.payload);
      signal.addEventListener('abort', stop, { once: true });
      let last: ScanProgress | undefined;
      try {
        // until it has ended, also where it was told to stop: what it is in the middle of is put away
        const forever = new AbortController().signal;
        for await (const now of library.scan(folders ?? undefined, forever)) {
          last = now;
          const reading = now.stage !== 'looking';
          progress({
            stage: reading ? 'reading photos' : 'looking for photos',
            done: reading ? now.read : now.seen,
            of: reading ? now.toRead : Math.max(now.seen, now.toRead),
            etaSeconds: now.etaSeconds,
          });
        }
      } finally {
        signal.removeEventListener('abort', stop);
      }
      signal.throwIfAborted();
      if (last?.stage !== 'done') throw new UserError('cancelled', 'The scan was stopped.');
      await scanned();
      const { seen, added, changed, moved, missing, returned, troubled } = last;
      return { result: { seen, added, changed, moved, missing, returned, troubled } };
    },
  };
}
