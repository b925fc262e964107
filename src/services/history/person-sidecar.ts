/**
 * The sidecar of a person as the rows say it: name, confirmed faces, album. keeper.ts writes it.
 */
import type { Database } from '../db/database.ts';
import type { SidecarOf } from '../db/sidecars.ts';

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

type Face = SidecarOf<'person'>['faces'][number];
type Anchor = SidecarOf<'person'>['anchors'][number];

/** Undefined where there is no such person any more. Its JSON is checked when it is written. */
export function personSidecar(db: Database, id: string): SidecarOf<'person'> | undefined {
  const person = db
    .query<PersonRow>(
      `SELECT id, name, birth_year AS birthYear, hidden, note, cover, created_at AS created FROM people WHERE id = ?`,
    )
    .get(id);
  if (!person) return undefined;
  const faces = db.query<FaceRow>(
    `SELECT f.id, lower(hex(p.hash)) AS hash, f.box, f.landmarks, f.score, f.by_hand AS byHand
     FROM faces f JOIN photos p ON p.id = f.photo WHERE f.person = ? AND f.state = 'confirmed'`,
  );
  const anchors = db.query<AnchorRow>(
    `SELECT n.face, n.position, n.reasons, n.chosen_by AS chosenBy
     FROM albums a JOIN anchors n ON n.album = a.id WHERE a.person = ? ORDER BY n.position`,
  );
  return {
    ...person,
    kind: 'person',
    hidden: person.hidden === 1,
    faces: faces.all(id).map((face) => ({
      ...face,
      byHand: face.byHand === 1,
      box: JSON.parse(face.box) as Face['box'],
      landmarks: JSON.parse(face.landmarks) as Face['landmarks'],
    })),
    anchors: anchors.all(id).map((anchor) => ({
      ...anchor,
      reasons: JSON.parse(anchor.reasons) as Anchor['reasons'],
    })),
  };
}
