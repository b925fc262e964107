/**
 * Golden figures: how a comparison is reported, what is allowed, and the reading of a golden file with its shapes checked.
 * inference.ts and training.ts compare; ../verify-golden.ts runs them.
 */
import { basename } from 'node:path';
import { UserError, invariant } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import type { TensorStore } from '../checkpoint/store.ts';

/** One comparison, as it is reported. */
export interface GoldenCheck {
  /** The golden tensor compared with, or the group that is not checked. */
  readonly name: string;
  readonly outcome: 'pass' | 'fail' | 'not-checked';
  /** Largest |ours - golden| over the largest |golden|. */
  readonly error?: number;
  readonly tolerance?: number;
  /** One sentence for people. */
  readonly note: string;
}

/**
 * Largest relative errors allowed. Projection is one multiplication and addition in float32; `half` holds for
 * checkpoints stored in 16 bits when the figures were computed in 32.
 */
export const TOLERANCE = {
  full: { forward: 1e-4, projection: 1e-6, restore: 1e-3, guide: 1e-3, training: 1e-3 },
  half: { forward: 5e-3, projection: 1e-6, restore: 2e-3, guide: 5e-3, training: 2e-2 },
} as const;

/** Our tensor against the golden one of this name, which must be as long. */
export function compared(
  name: string,
  ours: Float32Array,
  golden: TensorStore,
  tolerance: number,
  note: string,
): GoldenCheck {
  return judged(name, relativeError(ours, golden.read(name)), tolerance, note);
}

/** The outcome of a comparison whose error was measured some other way. */
export function judged(name: string, error: number, tolerance: number, note: string): GoldenCheck {
  return { name, outcome: error <= tolerance ? 'pass' : 'fail', error, tolerance, note };
}

/** max |a - b| / max |b|; infinite where either holds something that is not a number. */
export function relativeError(a: Float32Array, b: Float32Array): number {
  invariant(a.length === b.length, `${a.length} values compared with ${b.length}`);
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!);
    if (!Number.isFinite(d)) return Infinity;
    difference = Math.max(difference, d);
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return difference === 0 ? 0 : difference / largest;
}

/** The shape of a golden tensor, at least one axis of at least 1. Throws `checkpoint.mismatch`. */
export function shapeOf(golden: TensorStore, name: string): readonly [number, ...number[]] {
  const shape = golden.tensors.get(name)?.shape;
  const [first, ...rest] = shape ?? [];
  if (first === undefined || first < 1) throw mismatch(golden, `has no ${name}, or an empty one`);
  return [first, ...rest];
}

/** Throws `checkpoint.mismatch` unless the golden tensor has exactly this shape. */
export function expectShape(golden: TensorStore, name: string, expected: readonly number[]): void {
  const shape = shapeOf(golden, name);
  if (shape.join() !== expected.join())
    throw mismatch(golden, `has ${name} as [${shape.join(', ')}], not [${expected.join(', ')}]`);
}

/** The error `checkpoint.mismatch` for a golden file that is not of this model; `what` completes the sentence. */
export function mismatch(golden: TensorStore, what: string): UserError {
  return new UserError(
    'checkpoint.mismatch',
    `${quoted(basename(golden.path))} ${what}.`,
    'Give the golden file that was made with this model, and its configuration with --config.',
  );
}
