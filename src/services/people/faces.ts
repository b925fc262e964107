/**
 * Answers the calls on faces: which there are, and what a person says of them. people.service.ts has the people,
 * assign.ts the steps.
 */
import type { people } from '../../contract/people.ts';
import type { Handlers } from '../../contract/rpc.ts';
import { UserError } from '../../domain/errors.ts';
import type { PhotoFace } from '../../domain/person.ts';
import type { HandPlaced } from '../../domain/restoring.ts';
import { counted, printable } from '../../domain/text.ts';
import type { Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { confirmFaces, forgetWho, knownFaces, rejectFaces, removeFace } from './assign.ts';
import type { ChangePeople, PeopleParts } from './parts.ts';
import { peopleSql as sql } from './people.sql.ts';
import type { LandmarksOf } from './ports.ts';
import { nameOf, toFace, unknownFaces } from './rows.ts';
import type { FaceRow } from './rows.ts';
import type { Unnamed } from './unnamed.ts';

type FaceCalls = Pick<
  Handlers<typeof people>,
  'facesOf' | 'unnamed' | 'inPhoto' | 'confirm' | 'reject' | 'ignore' | 'place' | 'remove'
>;

export function faceCalls(
  { db, landmarksOf }: Pick<PeopleParts, 'db' | 'landmarksOf'>,
  unnamed: Unnamed,
  change: ChangePeople,
): FaceCalls {
  /** Ids that there are no faces of are passed over: the photo may just have been searched again. */
  const known = (faces: readonly string[]): string[] => {
    const found = knownFaces(db, faces);
    if (found.length === 0 && faces.length > 0) throw unknownFaces();
    return found;
  };
  return {
    facesOf: ({ person, state, offset, limit }) => {
      nameOf(db, person);
      const text = state === 'confirmed' ? sql.confirmed : sql.suggested;
      const total = db.column<number>(sql.count).get(person, state) ?? 0;
      return { total, faces: db.query<FaceRow>(text).all(person, state, limit, offset).map(toFace) };
    },
    unnamed: ({ offset, limit }) => unnamed.page(offset, limit),
    inPhoto: ({ photo }) => db.query<FaceRow>(sql.inPhoto).all(photo).map(toFace),
    confirm: ({ faces, person }) => {
      const name = nameOf(db, person);
      const found = known(faces);
      change(`Name ${counted(found.length, 'face')} ${printable(name)}`, (edit) => {
        confirmFaces(db, edit, found, person);
        const cover = db.column<string | null>('SELECT cover FROM people WHERE id = ?').get(person);
        if (cover === null && found[0] !== undefined) edit.set('people', { id: person }, { cover: found[0] });
      });
      return undefined;
    },
    reject: ({ faces, person }) => {
      const name = nameOf(db, person);
      const found = known(faces);
      change(
        `Say that ${counted(found.length, 'face')} ${found.length === 1 ? 'is' : 'are'} not ${printable(name)}`,
        (edit) => rejectFaces(db, edit, found, person),
      );
      return undefined;
    },
    ignore: ({ faces }) => {
      const found = known(faces);
      change(`Ignore ${counted(found.length, 'face')}`, (edit) => forgetWho(db, edit, found, 'ignored'));
      return undefined;
    },
    place: ({ photo, at }) => {
      const face = placed(db, photo, at, landmarksOf);
      change('Place a face', (edit) => {
        edit.put('faces', { id: face.id }, rowOf(db, face));
      });
      return face;
    },
    remove: ({ faces }) => {
      const found = known(faces);
      const byHand = db.column<number>('SELECT by_hand FROM faces WHERE id = ?');
      if (!found.every((face) => byHand.get(face) === 1))
        throw new UserError(
          'conflict',
          'Only faces placed by hand can be removed; the others were found in the photo.',
          'Ignore a face that is none, or that you do not want to see.',
        );
      change(`Remove ${counted(found.length, 'face')}`, (edit) => {
        for (const face of found) removeFace(db, edit, face);
      });
      return undefined;
    },
  };
}

/** How far a face's box reaches, in distances of the eyes and of eyes to mouth: about as detectors draw it. */
const BOX = { eyes: 2.2, mouth: 1.9, tall: 1.25 };

function placed(db: Database, photo: string, at: HandPlaced, landmarksOf: LandmarksOf): PhotoFace {
  const size = db
    .query<{ width: number | null; height: number | null }>('SELECT width, height FROM photos WHERE id = ?')
    .get(photo);
  if (!size)
    throw new UserError(
      'missing',
      'This photo is not in the library any more.',
      'It may have been removed in another window: look again.',
    );
  const { width, height } = size;
  if (width === null || height === null)
    throw new UserError('photo.unreadable', 'This photo cannot be read, so no face can be placed in it.');
  const landmarks = landmarksOf(at, { width, height });
  return {
    id: newId(),
    photo,
    box: boxOf(landmarks),
    landmarks,
    score: 1,
    byHand: true,
    state: 'unknown',
    person: null,
    similarity: null,
  };
}

/** Around the middle of eyes and mouth. */
function boxOf([left, right, , mouthLeft, mouthRight]: PhotoFace['landmarks']): PhotoFace['box'] {
  const eyes = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  const mouth = { x: (mouthLeft.x + mouthRight.x) / 2, y: (mouthLeft.y + mouthRight.y) / 2 };
  const width = Math.max(
    BOX.eyes * Math.hypot(right.x - left.x, right.y - left.y),
    BOX.mouth * Math.hypot(mouth.x - eyes.x, mouth.y - eyes.y),
  );
  const height = BOX.tall * width;
  return {
    left: (eyes.x + mouth.x - width) / 2,
    top: (eyes.y + mouth.y - height) / 2,
    width,
    height,
  };
}

function rowOf(db: Database, face: PhotoFace) {
  const captured = db.column<number>('SELECT captured_at FROM photos WHERE id = ?').get(face.photo);
  return {
    photo: face.photo,
    captured_at: captured ?? 0,
    box: JSON.stringify(face.box),
    landmarks: JSON.stringify(face.landmarks),
    score: face.score,
    by_hand: 1,
    state: face.state,
    person: null,
    similarity: null,
    created_at: Date.now(),
  };
}
