/**
 * Reads every value of a prior once: a checkpoint from a training that went wrong is found before it is used.
 * `models inspect` and `models add` do this; `restore` checks each weight as it reads it (engine/prior.ts).
 */
import { basename } from 'node:path';
import { UserError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
import { firstNonFinite } from '../engine/checkpoint/open.ts';
import type { Prior } from '../engine/prior.ts';

/** Throws UserError `checkpoint.unreadable` naming the first tensor with NaN or infinity. */
export function checkValues({ store }: Prior): void {
  const name = firstNonFinite(store);
  if (name === undefined) return;
  throw new UserError(
    'checkpoint.unreadable',
    `${quoted(basename(store.path))} holds values that are not numbers, first in the tensor ${quoted(name)}.`,
    'The training that made it went wrong, or the file is damaged; use another checkpoint.',
  );
}
