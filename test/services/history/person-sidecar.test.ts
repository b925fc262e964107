/** The sidecar of a person with more faces than are read at a time, while faces come and go. */
import { expect, it } from 'vitest';
import { openDatabase } from '../../../src/services/db/open.ts';
import { personSidecar } from '../../../src/services/history/person-sidecar.ts';
import { closing, dataFolder } from '../db/helpers.ts';

const FACES = 1001;

function withFaces() {
  const { db } = closing(openDatabase(dataFolder()));
  db.run(`INSERT INTO folders (id, path, title, added_at) VALUES ('f', '/photos', 'photos', 0)`);
  db.run(
    `INSERT INTO photos (id, folder, path, size, mtime, hash, captured_at, captured_from, captured_precision, own_date,
       added_at) VALUES ('p', 'f', 'a.jpg', 1, 1, ?, 5, 'mtime', 'second', '{}', 0)`,
    Buffer.alloc(32, 1),
  );
  db.run(`INSERT INTO people (id, name, created_at) VALUES ('anna', 'anna', 0)`);
  for (let i = 0; i < FACES; i++)
    db.run(
      `INSERT INTO faces (id, photo, box, landmarks, score, state, person, created_at)
       VALUES (?, 'p', '{"left":1}', '[]', 0.5, 'confirmed', 'anna', 0)`,
      `face${i}`,
    );
  return db;
}

it('has every confirmed face once', () => {
  const faces = [...(personSidecar(withFaces(), 'anna')?.faces ?? [])];
  expect(new Set(faces.map(({ id }) => id)).size).toBe(FACES);
  expect(faces).toHaveLength(FACES);
  expect(faces[0]).toMatchObject({ hash: '01'.repeat(32), box: { left: 1 }, byHand: false });
});

it('has no face that stopped being theirs while it was read', () => {
  const db = withFaces();
  const faces = personSidecar(db, 'anna')?.faces[Symbol.iterator]();
  expect(faces?.next().value).toMatchObject({ id: expect.stringContaining('face') as string });
  db.run(`UPDATE faces SET person = NULL, state = 'unknown'`);
  let rest = 0;
  while (faces?.next().done === false) rest++;
  expect(rest).toBeLessThan(FACES - 1);
});

it('is none of somebody who is gone', () => {
  expect(personSidecar(withFaces(), 'nobody')).toBeUndefined();
});
