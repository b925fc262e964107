/**
 * Whatever is done to people, faces, albums and renditions, in any order: undoing all of it gives the very rows there
 * were, doing it again gives the very rows there are, and no face is ever confirmed without a person's word.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserError } from '../../../src/domain/errors.ts';
import { makeHouse } from './house.ts';
import type { House } from './house.ts';

type Step = {
  readonly kind:
    | 'create'
    | 'split'
    | 'confirm'
    | 'reject'
    | 'ignore'
    | 'album'
    | 'place'
    | 'remove'
    | 'merge'
    | 'delete'
    | 'update'
    | 'choose'
    | 'rate'
    | 'bin';
  readonly who: number;
  readonly other: number;
  readonly faces: readonly number[];
};

const kinds = [
  'create',
  'split',
  'confirm',
  'reject',
  'ignore',
  'album',
  'place',
  'remove',
  'merge',
  'delete',
  'update',
  'choose',
  'rate',
  'bin',
] as const;
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  who: fc.nat(4),
  other: fc.nat(4),
  faces: fc.uniqueArray(fc.nat(11), { minLength: 1, maxLength: 6 }),
});

/** Does it as a window would; false where the studio said no. `yes` collects the faces a person has confirmed. */
async function take(
  house: House,
  { kind, who, other, faces: wanted }: Step,
  yes: Set<string>,
): Promise<boolean> {
  const { people, albums, renditions } = house.client;
  const everybody = house.db.column<string>('SELECT id FROM people ORDER BY id').all();
  const all = house.db.column<string>('SELECT id FROM faces ORDER BY id').all();
  const versions = house.db
    .column<string>('SELECT id FROM renditions WHERE deleted_at IS NULL ORDER BY id')
    .all();
  const faces = wanted.map((i) => all[i % all.length]!);
  const person = everybody[who % Math.max(1, everybody.length)] ?? 'nobody';
  const others = everybody.filter((_, i) => i % 5 === other);
  const version = versions[other % Math.max(1, versions.length)] ?? 'none';
  const face = house.db.column<string>('SELECT id FROM faces WHERE by_hand = 1 ORDER BY id').all();
  const at = { leftEye: { x: 300, y: 300 }, rightEye: { x: 400, y: 300 }, mouth: { x: 350, y: 420 } };
  const steps: Readonly<Record<Step['kind'], () => Promise<unknown>>> = {
    create: () => people.create({ name: `anna ${who}`, faces }),
    split: () => people.split({ person, faces, name: 'Grandma' }),
    confirm: () => people.confirm({ faces, person }),
    reject: () => people.reject({ faces, person }),
    ignore: () => people.ignore({ faces }),
    album: () => albums.set({ person, faces }),
    place: () => people.place({ photo: `photo-${who}`, at }),
    remove: () => people.remove({ faces: face.slice(0, 1 + other) }),
    merge: () => people.merge({ person, others }),
    delete: () => people.delete({ person }),
    update: () =>
      people.update({ person, name: `anna ${other}`, birthYear: 1900 + other, hidden: other > 2 }),
    choose: () => renditions.choose({ photo: `photo-${who % 2}`, rendition: other > 2 ? null : version }),
    rate: () => renditions.update({ rendition: version, rating: other, note: 'good' }),
    bin: () => renditions.delete({ renditions: [version] }),
  };
  try {
    await steps[kind]();
  } catch (error) {
    if (error instanceof UserError && error.code !== 'internal') return false;
    throw error;
  }
  if (kind === 'create' || kind === 'split' || kind === 'confirm') for (const id of faces) yes.add(id);
  return true;
}

test('undo gives back the exact rows, redo the exact result', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      const house = makeHouse();
      try {
        const photos = house.addPhotos(6);
        house.addFaces(photos);
        const { id } = await house.client.people.create({ name: 'Grandma' });
        const { id: other } = await house.client.people.create({ name: 'anna' });
        house.addFaces(house.addPhotos(4));
        for (const photo of photos.slice(0, 2)) house.addRendition(photo, [id, other]);
        house.db.run(
          `UPDATE faces SET state = 'suggested', person = ?, similarity = 0.5 WHERE photo = 'photo-7'`,
          other,
        );
        house.db.run(`INSERT INTO face_rejections SELECT id, ? FROM faces WHERE photo = 'photo-8'`, id);
        house.db.run('DELETE FROM undo_log');

        const before = house.dump();
        const yes = new Set<string>();
        for (const each of steps) await take(house, each, yes);
        const after = house.dump();
        const confirmed = house.db.column<string>(`SELECT id FROM faces WHERE state = 'confirmed'`).all();
        expect(confirmed.filter((face) => !yes.has(face))).toEqual([]);

        const done = (await house.client.history.list()).length;
        for (let i = 0; i < done; i++) await house.client.history.undo();
        expect(house.dump()).toEqual(before);
        for (let i = 0; i < done; i++) await house.client.history.redo();
        expect(house.dump()).toEqual(after);
        for (let i = 0; i < done; i++) await house.client.history.undo();
        expect(house.dump()).toEqual(before);
        expect(house.db.pragma('foreign_key_check')).toEqual([]);
        expect(house.problems).toEqual([]);
      } finally {
        await house.close();
      }
    }),
    { numRuns: 25 },
  );
});
