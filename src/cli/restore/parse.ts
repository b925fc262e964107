/**
 * Values of restore's own options, checked as they are parsed: choices for one face, faces placed by hand, repairs.
 * options.ts lists the options; restoration/plan.ts is where the values go.
 */
import { InvalidArgumentError } from 'commander';
import { MAX_CANDIDATES } from '../../domain/recipe.ts';
import { DEFAULT_REPAIR, NO_REPAIR } from '../../imaging/repair/settings.ts';
import type { RepairSettings } from '../../imaging/repair/settings.ts';
import type { Placed } from '../../restoration/plan.ts';
import { fraction, whole } from '../options.ts';

/** `--face 2:off`, `--face 1:strength=150,seed=3,person=anna`. */
export interface FaceOption {
  /** From 1. */
  readonly number: number;
  readonly on?: boolean;
  readonly strength?: number;
  readonly seed?: number;
  /** From 1. */
  readonly candidate?: number;
  /** A person's name or a folder, or `none`. */
  readonly person?: string;
}

const FACE = 'It must be like 2:off or 1:strength=150,seed=3,person=anna.';

/** Collects: commander calls it for each --face. */
export function parseFace(text: string, before: readonly FaceOption[] = []): FaceOption[] {
  const [, digits = '', choices = ''] = /^(\d{1,3}):(.+)$/.exec(text) ?? [];
  const number = Number(digits);
  if (digits === '' || number < 1) throw new InvalidArgumentError(FACE);
  let face: FaceOption = { number };
  for (const choice of choices.split(',')) {
    const [key, value] = split(choice);
    if (value === undefined && (key === 'on' || key === 'off')) face = { ...face, on: key === 'on' };
    else if (value === undefined || value === '') throw new InvalidArgumentError(FACE);
    else if (key === 'strength') face = { ...face, strength: whole(0, 65536)(value) };
    else if (key === 'seed') face = { ...face, seed: whole(0, Number.MAX_SAFE_INTEGER)(value) };
    else if (key === 'candidate') face = { ...face, candidate: whole(1, MAX_CANDIDATES)(value) };
    else if (key === 'person') face = { ...face, person: value };
    else throw new InvalidArgumentError(FACE);
  }
  if (before.some((one) => one.number === number))
    throw new InvalidArgumentError(`Face ${number} was given before: put its choices into one --face.`);
  return [...before, face];
}

/** `--face-at`: the two eyes and the mouth. */
export function parseFaceAt(text: string, before: readonly Placed[] = []): Placed[] {
  const [a, b, c, d, e, f, ...more] = numbers(text);
  if (f === undefined || more.length > 0)
    throw new InvalidArgumentError('It must be six numbers: x,y of one eye, of the other, and of the mouth.');
  const eyes = [
    { x: a ?? 0, y: b ?? 0 },
    { x: c ?? 0, y: d ?? 0 },
  ] as const;
  return [...before, { kind: 'face', eyes, mouth: { x: e ?? 0, y: f } }];
}

/** `--square`: its centre and side, and how it is turned. */
export function parseSquare(text: string, before: readonly Placed[] = []): Placed[] {
  const [x = 0, y = 0, side, rotation = 0, ...more] = numbers(text);
  if (side === undefined || more.length > 0 || Math.abs(rotation) > 360)
    throw new InvalidArgumentError(
      'It must be like 400,300,250: x,y of its centre, its side, and maybe degrees.',
    );
  return [...before, { kind: 'square', centre: { x, y }, side, rotation }];
}

/** `--repair` alone, or with `tone=0.5,scratches=1`: what is not named is off. */
export function parseRepair(text: string): RepairSettings & { readonly neutral?: boolean } {
  let repair: RepairSettings & { readonly neutral?: boolean } = NO_REPAIR;
  for (const part of text.split(',')) {
    const [key, value] = split(part);
    if (key === 'neutral' && value === undefined) repair = { ...repair, neutral: true };
    else if ((key === 'tone' || key === 'scratches' || key === 'denoise') && value !== undefined)
      repair = { ...repair, [key]: fraction(value) };
    else
      throw new InvalidArgumentError(
        'It must be like tone=0.5,scratches=1,denoise=0.3; alone, put it after the photos.',
      );
  }
  return repair;
}

export const USUAL_REPAIR: RepairSettings = DEFAULT_REPAIR;

function split(text: string): [key: string, value: string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function numbers(text: string): number[] {
  const values = text.split(',').map((part) => (/^-?\d*\.?\d+$/.test(part) ? Number(part) : NaN));
  return values.some((value) => !Number.isFinite(value) || Math.abs(value) > 1e6) ? [] : values;
}
