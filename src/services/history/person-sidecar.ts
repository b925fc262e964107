/**
 * The sidecar of a person as the rows say it: name, confirmed faces, album. keeper.ts writes it.
 */
import type { Database } from '../db/database.ts';
import type { PersonToWrite } from '../db/sidecars.ts';

/** Faces read at a time, between which rows may change: who changes them has the sidecar written anew. */
const PAGE = 500;

interface PersonRow {
  readonly id: string;
  readonly name: string;
  readonly birthYear: number | null;
  readonly hidden: number;
  readonly note: string;
  readonly cover: string | null;
  readonly created: number;
}

interface FaceRow {
  readonly id: string;
  readonly hash: string;
  readonly box: string;
  readonly landmarks: string;
  readonly score: number;
  readonly byHand: number;
}

interface AnchorRow {
  readonly face: string;
  readonly position: number;
  readonly reasons: string;
  readonly chosenBy: 'albumen' | 'you';
}

type Face = PersonToWrite['faces'] extends Iterable<infer F> ? F : never;
type Anchor = PersonToWrite['anchors'][number];

/** Undefined where there is no such person any more. Its JSON is checked, and its faces are read, when it is written. */
export function personSidecar(db: Database, id: string): PersonToWrite | undefined {
  const person = db
    .query<PersonRow>(
      `SELECT id, name, birth_year AS birthYear, hidden, note, cover, created_at AS created FROM people WHERE id = ?`,
    )
    .get(id);
  if (!person) return undefined;
  const anchors = db.query<AnchorRow>(
    `SELECT n.face, n.position, n.reasons, n.chosen_by AS chosenBy
     FROM albums a JOIN anchors n ON n.album = a.id WHERE a.person = ? ORDER BY n.position`,
  );
  return {
    ...person,
    kind: 'person',
    hidden: person.hidden === 1,
    faces: facesOf(db, id),
    anchors: anchors.all(id).map((anchor) => ({
      ...anchor,
      reasons: JSON.parse(anchor.reasons) as Anchor['reasons'],
    })),
  };
}

function* facesOf(db: Database, person: string): Generator<Face> {
  const rows = db
    .column<number>(`SELECT rowid FROM faces WHERE person = ? AND state = 'confirmed'`)
    .all(person);
  const page = db.query<FaceRow>(
    `SELECT f.id, lower(hex(p.hash)) AS hash, f.box, f.landmarks, f.score, f.by_hand AS byHand
     FROM json_each(?) j CROSS JOIN faces f ON f.rowid = j.value JOIN photos p ON p.id = f.photo
     WHERE f.person = ? AND f.state = 'confirmed'`,
  );
  for (let first = 0; first < rows.length; first += PAGE)
    for (const face of page.all(JSON.stringify(rows.slice(first, first + PAGE)), person))
      yield {
        ...face,
        byHand: face.byHand === 1,
        box: JSON.parse(face.box) as Face['box'],
        landmarks: JSON.parse(face.landmarks) as Face['landmarks'],
      };
}
