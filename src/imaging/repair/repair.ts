/**
 * The repairs of the print in the order that makes sense: tone, damage, denoising, and only then the faces.
 * settings.ts says how much of each; tone.ts, damage.ts with fill.ts, and denoise.ts do them.
 *
 * Tone comes first because faded damage hides: contrast restored, a scratch stands out as it did. Damage goes before
 * denoising, which would smear its rim into the picture, and the fill borrows grain that the denoiser then treats like
 * all other. Faces come last, from the repaired photo, so that the prior sees neither scratches nor a cast; what it makes
 * is clean, and is given the photo's remaining grain when it is pasted back.
 */
import type { Photograph, Rect } from '../photograph.ts';
import { findDamage } from './damage.ts';
import { denoise } from './denoise.ts';
import { repairDamage } from './fill.ts';
import type { Mask } from './mask.ts';
import type { RepairSettings } from './settings.ts';
import { checkStrength } from './settings.ts';
import { applyTone, estimateTone } from './tone.ts';

export type RepairStep = 'tone' | 'scratches' | 'denoise';

export interface RepairOptions {
  /** The damage, where a person has seen and edited it; found otherwise. */
  readonly mask?: Mask;
  /** Where only the plainest damage is found (damage.ts). */
  readonly faces?: readonly Rect[];
  /** Makes a sepia print grey. */
  readonly neutral?: boolean;
  readonly signal?: AbortSignal;
  /** Parts done of a step, of how many. */
  readonly onProgress?: (step: RepairStep, done: number, of: number) => void;
}

/**
 * Repairs a photo in place; steps of strength 0 do not run, and with all of them 0 it stays bit for bit. Returns the mask
 * that was repaired, if scratches were. Throws UserError `usage` for a strength out of range (before anything is
 * changed), `cancelled` (the photo is then repaired in part).
 */
export async function repairPhoto(
  photo: Photograph,
  settings: RepairSettings,
  options: RepairOptions = {},
): Promise<Mask | undefined> {
  const { tone, scratches, denoise: denoising } = settings;
  const { faces = [], neutral = false, signal, onProgress } = options;
  checkStrength('tone correction', tone);
  checkStrength('scratch repair', scratches);
  checkStrength('denoising', denoising);
  const stop = signal ? { signal } : {};
  const report = (step: RepairStep) => ({
    ...stop,
    onProgress: (done: number, of: number): void => onProgress?.(step, done, of),
  });
  if (tone > 0) {
    applyTone(photo, estimateTone(photo, { neutral }), tone);
    onProgress?.('tone', 1, 1);
  }
  let mask: Mask | undefined;
  if (scratches > 0) {
    mask = options.mask ?? (await findDamage(photo, { faces, ...stop }));
    await repairDamage(photo, mask, { strength: scratches, ...report('scratches') });
  }
  if (denoising > 0) await denoise(photo, { strength: denoising, ...report('denoise') });
  return mask;
}
