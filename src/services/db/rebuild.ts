/**
 * Fills a new database from sidecars after a scan has found the photos again: people with their faces and albums,
 * adapters, renditions, and what was said of photos. recover.ts comes before this; sidecars.ts has the format.
 */
import type { UserError } from '../../domain/errors.ts';
import type { Database, Value } from './database.ts';
import { newId } from './ids.ts';
import type { Sidecars, SidecarOf } from './sidecars.ts';

export interface Rebuilt {
  readonly folders: number;
  readonly photos: number;
  readonly people: number;
  readonly faces: number;
  readonly adapters: number;
  readonly renditions: number;
  /** Faces, renditions and notes whose photo was not found. */
  readonly withoutPhoto: number;
  /** Sidecars that could not be read. */
  readonly bad: readonly UserError[];
}

/** Before the scan: the folders that were in the library. Folders already there are left alone. */
export async function rebuildFolders(db: Database, sidecars: Sidecars): Promise<number> {
  let folders = 0;
  for await (const { id, path, title } of sidecars.all('folder', () => undefined)) {
    folders += db.run(
      'INSERT OR IGNORE INTO folders (id, path, title, added_at) VALUES (?, ?, ?, ?)',
      id,
      path,
      title,
      Date.now(),
    );
  }
  return folders;
}

/** After the scan. May be run again: what is there already is left as it is. */
export async function rebuildFromSidecars(db: Database, sidecars: Sidecars): Promise<Rebuilt> {
  const bad: UserError[] = [];
  const note = (error: UserError): void => void bad.push(error);
  const counts = { photos: 0, people: 0, faces: 0, adapters: 0, renditions: 0, withoutPhoto: 0 };
  for await (const sidecar of sidecars.all('photo', note)) {
    const changed = db.transaction(() => rebuildPhoto(db, sidecar));
    counts[changed > 0 ? 'photos' : 'withoutPhoto']++;
  }
  for await (const sidecar of sidecars.all('person', note)) {
    const { added, faces, lost } = db.transaction(() => rebuildPerson(db, sidecar));
    counts.people += added;
    counts.faces += faces;
    counts.withoutPhoto += lost;
  }
  // after the people they are not, and after the faces that were named since
  for await (const sidecar of sidecars.all('photo', note)) db.transaction(() => rebuildFaces(db, sidecar));
  for await (const sidecar of sidecars.all('adapter', note)) counts.adapters += rebuildAdapter(db, sidecar);
  for await (const sidecar of sidecars.all('rendition', note)) {
    const found = db.transaction(() => rebuildRendition(db, sidecar));
    if (found === undefined) counts.withoutPhoto++;
    else counts.renditions += found;
  }
  const folders = db.column<number>('SELECT count(*) FROM folders').get() ?? 0;
  return { folders, ...counts, bad };
}

/** Of several copies of one content, the one that was added first. */
function photoOf(db: Database, hash: string): string | undefined {
  return db
    .column<string>('SELECT id FROM photos WHERE hash = ? ORDER BY key LIMIT 1')
    .get(Buffer.from(hash, 'hex'));
}

function rebuildPhoto(
  db: Database,
  { hash, rating, note, place, captured, front }: SidecarOf<'photo'>,
): number {
  const bytes = Buffer.from(hash, 'hex');
  const changed = db.run(
    'UPDATE photos SET rating = ?, note = ?, place = ? WHERE hash = ?',
    rating,
    note,
    place,
    bytes,
  );
  if (captured)
    db.run(
      `UPDATE photos SET captured_at = ?, captured_precision = ?, captured_from = 'hand' WHERE hash = ?`,
      captured.at,
      captured.precision,
      bytes,
    );
  if (front === undefined) return changed;
  const other = front === null ? null : photoOf(db, front);
  if (other !== undefined)
    db.run(
      `UPDATE photos SET front = ?, paired_by = 'hand' WHERE hash = ? AND id IS NOT ?`,
      other,
      bytes,
      other,
    );
  return changed;
}

/** Faces that are nobody's by word, and whom they are not. */
function rebuildFaces(db: Database, { hash, faces }: SidecarOf<'photo'>): void {
  const photo = faces.length > 0 ? photoOf(db, hash) : undefined;
  if (photo === undefined) return;
  for (const face of faces) {
    insert(db, 'faces', {
      ...faceRow(face, photo),
      state: face.ignored ? 'ignored' : 'unknown',
      created_at: Date.now(),
    });
    for (const person of face.rejected)
      db.run(`INSERT OR IGNORE INTO face_rejections SELECT ?, id FROM people WHERE id = ?`, face.id, person);
  }
}

function faceRow(face: Omit<SidecarOf<'photo'>['faces'][number], 'ignored' | 'rejected'>, photo: string) {
  return {
    id: face.id,
    photo,
    box: JSON.stringify(face.box),
    landmarks: JSON.stringify(face.landmarks),
    score: face.score,
    by_hand: Number(face.byHand),
  };
}

function rebuildPerson(
  db: Database,
  person: SidecarOf<'person'>,
): { added: number; faces: number; lost: number } {
  const added = insert(db, 'people', {
    id: person.id,
    name: person.name,
    birth_year: person.birthYear,
    hidden: Number(person.hidden),
    note: person.note,
    created_at: person.created,
  });
  let [faces, lost] = [0, 0];
  for (const face of person.faces) {
    const photo = photoOf(db, face.hash);
    if (photo === undefined) {
      lost++;
      continue;
    }
    faces += insert(db, 'faces', {
      ...faceRow(face, photo),
      state: 'confirmed',
      person: person.id,
      created_at: person.created,
    });
    // in a copy of the database from before it was named
    faces += db.run(
      `UPDATE faces SET state = 'confirmed', person = ?, similarity = NULL
       WHERE id = ? AND state IN ('unknown', 'suggested')`,
      person.id,
      face.id,
    );
  }
  const there = db.column<number>('SELECT 1 FROM faces WHERE id = ?');
  if (person.cover !== null && there.get(person.cover) !== undefined)
    db.run('UPDATE people SET cover = ? WHERE id = ? AND cover IS NULL', person.cover, person.id);
  const anchors = person.anchors.filter(({ face }) => there.get(face) !== undefined);
  if (anchors.length > 0) {
    const album =
      db.column<string>('SELECT id FROM albums WHERE person = ?').get(person.id) ??
      makeAlbum(db, person.id, person.created);
    for (const { face, position, reasons, chosenBy } of anchors)
      insert(db, 'anchors', {
        album,
        face,
        position,
        reasons: JSON.stringify(reasons),
        chosen_by: chosenBy,
      });
  }
  return { added, faces, lost };
}

function makeAlbum(db: Database, person: string, created: number): string {
  const id = newId();
  insert(db, 'albums', { id, kind: 'personal', person, created_at: created });
  return id;
}

function rebuildAdapter(db: Database, adapter: SidecarOf<'adapter'>): number {
  const known = db.column<string>('SELECT id FROM people WHERE id = ?');
  const person = adapter.person === null ? null : (known.get(adapter.person) ?? null);
  const album =
    person === null ? null : db.column<string>('SELECT id FROM albums WHERE person = ?').get(person);
  return insert(db, 'adapters', {
    id: adapter.id,
    person,
    album: album ?? null,
    file: adapter.file,
    sha256: adapter.sha256,
    weights: adapter.weights,
    base: adapter.base,
    base_sha256: adapter.baseSha256,
    recipe: adapter.recipe,
    photos: adapter.photos,
    steps: adapter.steps,
    bytes: adapter.bytes,
    curve: JSON.stringify(adapter.curve),
    created_at: adapter.created,
  });
}

function rebuildRendition(db: Database, rendition: SidecarOf<'rendition'>): number | undefined {
  const photo = photoOf(db, rendition.hash);
  if (photo === undefined) return undefined;
  const taken = db.column<number>('SELECT 1 FROM renditions WHERE photo = ? AND chosen = 1').get(photo);
  const added = insert(db, 'renditions', {
    id: rendition.id,
    photo,
    file: rendition.file,
    variation: rendition.variation,
    sha256: rendition.sha256,
    bytes: rendition.bytes,
    width: rendition.width,
    height: rendition.height,
    recipe: rendition.recipe,
    evidence: JSON.stringify(rendition.evidence),
    chosen: Number(rendition.chosen && taken === undefined),
    rating: rendition.rating,
    note: rendition.note,
    created_at: rendition.created,
    deleted_at: rendition.deleted,
  });
  for (const person of rendition.people)
    db.run(
      `INSERT OR IGNORE INTO rendition_people SELECT ?, id FROM people WHERE id = ?`,
      rendition.id,
      person,
    );
  return added;
}

/** One row, unless it is there already; `table` and the names of `row` are literals of this file. */
function insert(db: Database, table: string, row: Readonly<Record<string, Value>>): number {
  const columns = Object.keys(row);
  return db.run(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`,
    ...Object.values(row),
  );
}
