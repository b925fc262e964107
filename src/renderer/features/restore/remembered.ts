/**
 * What was chosen for a photo the last time, out of the recipe of its newest version: so that a page opened again, days
 * later too, goes on from there. view.svelte.ts begins with it; choice.ts is what there is without any.
 */
import type { Person, PhotoFace } from '../../../domain/person.ts';
import { parseRecipe } from '../../../domain/recipe.ts';
import type { RecipeFace } from '../../../domain/recipe.ts';
import type { Rendition } from '../../../domain/rendition.ts';
import type { FaceChoice, PriorChoice, RestoreChoice } from '../../../domain/restoring.ts';
import { DEFAULT_CHOICE } from './choice.ts';
import { NOT_EDITED } from './damage-edit.ts';
import type { DamageEdit } from './damage-edit.ts';

/** The most that the panel's slider has. */
const MOST_CANDIDATES = 8;
/** Photo pixels by which the same face may lie elsewhere. */
const SAME = 1;

interface Known {
  readonly rendition: Rendition;
  /** The recipe's text. */
  readonly recipe: string;
  readonly faces: readonly PhotoFace[];
  readonly people: readonly Person[];
}

/** Throws UserError `recipe.unreadable`. */
export function remembered({ rendition, recipe: text, faces, people }: Known): {
  choice: RestoreChoice;
  damage: DamageEdit;
} {
  const recipe = parseRecipe(text, 'the recipe of this version');
  const { mask, tone, scratches, denoise } = recipe.repair;
  const known = recipe.faces.flatMap((face) => {
    const there = faces.find((one) => isSame(face, one));
    return there ? [{ face, there, prior: priorOf(face, rendition, people) }] : [];
  });
  const all = known.find(({ face }) => face.on) ?? known[0];
  const common = {
    ...{ strength: DEFAULT_CHOICE.strength, steps: DEFAULT_CHOICE.steps, seed: DEFAULT_CHOICE.seed },
    ...(all && {
      strength: Math.min(1000, all.face.strength),
      steps: Math.min(1000, Math.max(1, all.face.steps)),
      seed: all.face.seed,
    }),
    prior: all?.prior ?? DEFAULT_CHOICE.prior,
  };
  return {
    choice: {
      ...common,
      candidates: Math.min(MOST_CANDIDATES, recipe.candidates),
      repair: { tone, scratches, denoise },
      faces: known.flatMap(({ face: { on, strength, seed }, there, prior }): FaceChoice[] => {
        const named = people.find(({ id, adapters }) => id === there.person && adapters > 0);
        // a named person's own prior comes first; where none was used, nothing was learned of them yet
        const usual: PriorChoice = named ? { kind: 'person', person: named.id } : common.prior;
        const own: FaceChoice = {
          ...{ face: there.id, on },
          ...(!isSamePrior(prior, usual) && !(named && prior.kind === 'prior') && { prior }),
          ...(strength !== common.strength && { strength: Math.min(1000, strength) }),
          ...(seed !== common.seed && { seed }),
        };
        return on && Object.keys(own).length === 2 ? [] : [own];
      }),
    },
    damage: mask ? { base: { rendition: rendition.id }, strokes: [] } : NOT_EDITED,
  };
}

function isSame({ where }: RecipeFace, { box }: PhotoFace): boolean {
  if (where.kind !== 'face') return false;
  const sides = ['left', 'top', 'width', 'height'] as const;
  return sides.every((side) => Math.abs(where.box[side] - box[side]) <= SAME);
}

/** A person who is gone, or of whom nothing is learned any more, is nobody. */
function priorOf({ person }: RecipeFace, rendition: Rendition, people: readonly Person[]): PriorChoice {
  if (!person || person.kind === 'album') return { kind: 'prior' };
  if (person.kind === 'generative') return { kind: 'generative' };
  const used = people.filter(({ id, adapters }) => adapters > 0 && rendition.people.includes(id));
  const found = used.find(({ name }) => name === person.name) ?? (used.length === 1 ? used[0] : undefined);
  return found ? { kind: 'person', person: found.id } : { kind: 'prior' };
}

function isSamePrior(a: PriorChoice, b: PriorChoice): boolean {
  return a.kind === b.kind && (a.kind !== 'person' || b.kind !== 'person' || a.person === b.person);
}
