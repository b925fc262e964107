/**
 * How much of each repair of the print is wanted: a number each, 0 (the photo, bit for bit) to 1.
 * repair.ts applies them in order; a recipe stores them.
 */
import { UserError } from '../../domain/errors.ts';

export interface RepairSettings {
  /** Fading and colour cast (tone.ts). */
  readonly tone: number;
  /** Scratches, dust, hairs and creases (damage.ts finds them, fill.ts fills them). */
  readonly scratches: number;
  /** Noise and grain (denoise.ts). */
  readonly denoise: number;
}

/** Nothing is changed that nobody asked for. */
export const NO_REPAIR: RepairSettings = { tone: 0, scratches: 0, denoise: 0 };

/** What "repair" means without numbers: damage goes, most of the fading too, and grain stays a photo's grain. */
export const DEFAULT_REPAIR: RepairSettings = { tone: 0.8, scratches: 1, denoise: 0.3 };

/** Throws UserError `usage` for a strength that is not a number from 0 to 1. */
export function checkStrength(what: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new UserError(
    'usage',
    `The strength of ${what} is ${value}, but it must be a number from 0 to 1.`,
    '0 leaves the photo as it is.',
  );
}
