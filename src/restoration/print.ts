/**
 * The print's own repairs as a step of a restoration: imaging/repair/repair.ts does them, this tells of its progress.
 * restore-photograph.ts goes on with the faces.
 */
import type { Recipe } from '../domain/recipe.ts';
import type { Photograph, Rect } from '../imaging/photograph.ts';
import type { Mask } from '../imaging/repair/mask.ts';
import { repairPhoto } from '../imaging/repair/repair.ts';
import type { RepairStep } from '../imaging/repair/repair.ts';

export interface PrintProgress {
  readonly doing: RepairStep;
  /** Parts of this repair that are done, of how many. */
  readonly step: number;
  readonly of: number;
}

/** Repairs in place; with all strengths 0 the photo is left alone. Returns the damage that was repaired, if any was. */
export async function* repairPrint(
  photo: Photograph,
  recipe: Recipe,
  { mask, signal }: { readonly mask?: Mask | undefined; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<PrintProgress, Mask | undefined> {
  const { tone, scratches, denoise, neutral = false } = recipe.repair;
  if (tone + scratches + denoise === 0) return undefined;
  const events: PrintProgress[] = [];
  let wake = (): void => undefined;
  let over = false;
  const faces = recipe.faces.flatMap(({ where }): Rect[] =>
    where.kind === 'face' ? [wholePixels(where.box, photo)] : [],
  );
  const run = repairPhoto(
    photo,
    { tone, scratches, denoise },
    {
      ...{ faces, neutral },
      ...(mask && { mask }),
      ...(signal && { signal }),
      onProgress: (doing, step, of) => {
        events.push({ doing, step, of });
        wake();
      },
    },
  ).finally(() => {
    over = true;
    wake();
  });
  // told of below; until then it is no unhandled rejection
  run.catch(() => undefined);
  const ended = (): boolean => over;
  while (!ended()) {
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (over || events.length > 0) resolve();
    });
    yield* events.splice(0);
  }
  return run;
}

function wholePixels({ left, top, width, height }: Rect, photo: Photograph): Rect {
  const [x, y] = [Math.max(0, Math.floor(left)), Math.max(0, Math.floor(top))];
  return {
    ...{ left: x, top: y },
    width: Math.max(0, Math.min(photo.width, Math.ceil(left + width)) - x),
    height: Math.max(0, Math.min(photo.height, Math.ceil(top + height)) - y),
  };
}
