/**
 * What a photo's page goes on from: the choices of its newest version, read back out of the recipe, as far as they can
 * still be made.
 */
import { describe, expect, test } from 'vitest';
import type { RestoreChoice } from '../../src/domain/restoring.ts';
import { DEFAULT_CHOICE } from '../../src/renderer/features/restore/choice.ts';
import { remembered } from '../../src/renderer/features/restore/remembered.ts';
import { fakeData } from './fake/data.ts';
import { recipeOf } from './fake/renditions.ts';

const data = fakeData(60);
/** photo-0 has a version, and one face, of person-0. */
const [rendition] = data.renditions;
const [face] = data.faces;

function restoredWith(choice: Partial<RestoreChoice>, mask?: Uint8Array<ArrayBuffer>) {
  const asked: RestoreChoice = { ...DEFAULT_CHOICE, ...choice };
  data.asked.set('job-1', { choice: asked, mask });
  const people = asked.prior.kind === 'person' ? [asked.prior.person] : [];
  const made = { ...rendition!, job: 'job-1', people };
  return { rendition: made, recipe: recipeOf(data, made), faces: data.faces, people: data.people };
}

describe('what was chosen last', () => {
  test('strength, steps, seed, candidates and repairs come back', () => {
    const given = { strength: 230, steps: 35, seed: 7, candidates: 3 };
    const repair = { tone: 0.5, scratches: 1, denoise: 0.2 };
    const prior = { kind: 'person', person: 'person-0' } as const;
    const { choice, damage } = remembered(restoredWith({ ...given, repair, prior }));
    expect(choice).toEqual({ ...given, repair, prior, faces: [] });
    expect(damage).toEqual({ base: 'found', strokes: [] });
  });

  test('a face that was left out stays left out, and one with a prior of its own keeps it', () => {
    const off = restoredWith({ faces: [{ face: face!.id, on: false }] });
    expect(remembered(off).choice.faces).toMatchObject([{ face: face!.id, on: false }]);
    const { choice } = remembered(restoredWith({ prior: { kind: 'generative' } }));
    expect(choice.prior).toEqual({ kind: 'generative' });
    expect(choice.faces).toEqual([{ face: face!.id, on: true, prior: { kind: 'generative' } }]);
  });

  test('a face restored before anything was learned of its person gets their prior now', () => {
    const { choice } = remembered(restoredWith({ prior: { kind: 'prior' } }));
    expect(choice).toMatchObject({ prior: { kind: 'prior' }, faces: [] });
  });

  test('a person of whom nothing is learned any more is nobody', () => {
    const known = restoredWith({ prior: { kind: 'person', person: 'person-0' } });
    const people = known.people.map((person) => ({ ...person, adapters: 0 }));
    expect(remembered({ ...known, people }).choice.prior).toEqual({ kind: 'prior' });
  });

  test('faces that are not there any more are forgotten', () => {
    const elsewhere = data.faces.map((one) => ({ ...one, box: { ...one.box, left: one.box.left + 40 } }));
    const { choice } = remembered({ ...restoredWith({ strength: 300 }), faces: elsewhere });
    expect(choice).toMatchObject({ strength: DEFAULT_CHOICE.strength, faces: [] });
  });

  test('the mask that was painted is what strokes go on from', () => {
    const { damage } = remembered(restoredWith({}, new Uint8Array(3)));
    expect(damage).toEqual({ base: { rendition: rendition!.id }, strokes: [] });
  });
});
