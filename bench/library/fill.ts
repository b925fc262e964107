/**
 * A library made in code: folders, photos over 75 years, faces of people few and many, albums, renditions. Rows only, no
 * files: `fill.ts FOLDER PHOTOS`. ask.ts measures on it.
 */
import type { Database } from '../../src/services/db/database.ts';
import { newId } from '../../src/services/db/ids.ts';
import { openDatabase } from '../../src/services/db/open.ts';

export interface Filled {
  /** The person with the most photos, and two with about a thousand. */
  readonly most: string;
  readonly many: readonly [string, string];
  readonly folder: string;
}

const SYLLABLES = [
  'ba',
  'lu',
  'ke',
  'mi',
  'ro',
  'sa',
  'ti',
  'no',
  'va',
  'de',
  'fi',
  'go',
  'hu',
  'ja',
  'po',
  'we',
];

const LANDMARKS = JSON.stringify(
  [31.25, 61.75, 45.5, 34.125, 59.875].map((x, i) => ({ x: 1200 + x, y: 810.5 + 12 * i })),
);

/** The same numbers each time. */
function counter(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function word(n: number): string {
  return [n & 15, (n >> 4) & 15, (n >> 8) & 15].map((i) => SYLLABLES[i] ?? '').join('');
}

/** `photos` rows, 1.5 faces each of photos / 330 people (Zipf), 20,000 renditions and an album for each tenth person. */
export function fill(db: Database, photos: number): Filled {
  const random = counter(7);
  const folders = ['holidays', 'scans', 'phone'].map((title) => ({ id: newId(), title }));
  const people = Array.from({ length: Math.ceil(photos / 330) }, () => newId());
  db.transaction(() => {
    for (const { id, title } of folders)
      db.run(
        'INSERT INTO folders (id, path, title, added_at) VALUES (?, ?, ?, 0)',
        id,
        `/bench/${title}`,
        title,
      );
    people.forEach((id, i) =>
      db.run('INSERT INTO people (id, name, created_at) VALUES (?, ?, 0)', id, `${word(i)} ${word(i >> 4)}`),
    );
  });
  const chunk = 20_000;
  const renditions = Math.max(1, Math.floor(photos / 20_000));
  for (let from = 0; from < photos; from += chunk)
    db.transaction(() => {
      for (let i = from; i < Math.min(photos, from + chunk); i++) {
        const id = newId();
        const folder = folders[i % 3]?.id ?? '';
        // more photos in later years, as in any family
        const year = 2024 - Math.floor(75 * (random(1000) / 1000) ** 3);
        const at = Date.UTC(year, random(12), 1 + random(28), random(24), random(60), random(60));
        addPhoto(db, i, id, folder, year, at, random);
        for (let face = random(4) % 3; face >= 0 && random(4) < 3; face--) addFace(db, id, people, random);
        if (i % renditions === 0 && i / renditions < 20_000) addRendition(db, id);
      }
    });
  const counts = db
    .query<{ person: string; n: number }>(
      `SELECT person, count(*) AS n FROM faces WHERE state = 'confirmed' AND person IS NOT NULL GROUP BY person ORDER BY n DESC`,
    )
    .all();
  const near = [...counts].sort((a, b) => Math.abs(a.n - 1000) - Math.abs(b.n - 1000));
  addAlbums(db, people);
  db.exec('ANALYZE');
  return {
    most: counts[0]?.person ?? '',
    many: [near[0]?.person ?? '', near[1]?.person ?? ''],
    folder: folders[0]?.id ?? '',
  };
}

function addPhoto(
  db: Database,
  i: number,
  id: string,
  folder: string,
  year: number,
  at: number,
  random: (below: number) => number,
): void {
  const hash = Buffer.alloc(32);
  hash.writeUInt32BE(i, 0);
  hash.writeUInt32BE(random(2 ** 32), 8);
  const dhash = Buffer.alloc(8);
  dhash.writeUInt32BE(random(2 ** 32), 0);
  dhash.writeUInt32BE(random(2 ** 32), 4);
  db.run(
    `INSERT INTO photos (id, folder, path, size, mtime, hash, width, height, format, captured_at, captured_from,
       captured_precision, own_date, camera, place, note, rating, damage, dhash, added_at)
     VALUES (?, ?, ?, ?, 0, ?, 4000, 3000, 'jpeg', ?, 'exif', 'second', '{}', 'Acme One', ?, ?, ?, ?, ?, 0)`,
    id,
    folder,
    `${year}/${word(random(400))}/IMG_${String(i % 10_000).padStart(4, '0')}_${i}.jpg`,
    3_000_000 + random(2_000_000),
    hash,
    at,
    random(3) === 0 ? `${word(random(300))} ${word(random(60))}` : '',
    random(10) === 0 ? `${word(random(4096))} ${word(random(4096))} ${word(random(4096))}` : '',
    random(20) === 0 ? 1 + random(5) : 0,
    random(500) === 0 ? 'It is cut short.' : null,
    dhash,
  );
}

function addFace(
  db: Database,
  photo: string,
  people: readonly string[],
  random: (below: number) => number,
): void {
  // Zipf: the n-th person is in 1/n as many photos as the first
  const rank = Math.floor(Math.exp((random(1_000_000) / 1_000_000) * Math.log(people.length + 1))) - 1;
  const state = ['confirmed', 'confirmed', 'confirmed', 'suggested', 'unknown'][random(5)] ?? 'unknown';
  const id = newId();
  db.run(
    `INSERT INTO faces (id, photo, box, landmarks, score, state, person, created_at)
     VALUES (?, ?, '{"left":1,"top":1,"width":90,"height":90}', ?, 0.9, ?, ?, 0)`,
    id,
    photo,
    LANDMARKS,
    state,
    state === 'unknown' ? null : (people[rank] ?? null),
  );
  db.run(`INSERT INTO face_embeddings VALUES (?, 'bench', zeroblob(512))`, id);
}

function addRendition(db: Database, photo: string): void {
  db.run(
    `INSERT INTO renditions (id, photo, file, sha256, bytes, width, height, recipe, created_at)
     VALUES (?, ?, 'renditions/x.jpg', '', 1000000, 4000, 3000, ?, 0)`,
    newId(),
    photo,
    JSON.stringify({ made: 'up', faces: Array.from({ length: 40 }, (_, i) => i) }),
  );
}

function addAlbums(db: Database, people: readonly string[]): void {
  db.transaction(() => {
    for (const person of people.filter((_, i) => i % 10 === 0)) {
      const album = newId();
      db.run(`INSERT INTO albums (id, kind, person, created_at) VALUES (?, 'personal', ?, 0)`, album, person);
      db.run(
        `INSERT INTO anchors (album, face, position, chosen_by)
         SELECT ?, id, row_number() OVER (), 'albumen' FROM faces
         WHERE person = ? AND state = 'confirmed' LIMIT 20`,
        album,
        person,
      );
    }
  });
}

const [folder = '', photos = '100000'] = process.argv.slice(2);
using opened = openDatabase(folder);
const filled = fill(opened.db, Number(photos));
opened.db.run(`INSERT INTO settings VALUES ('bench', ?)`, JSON.stringify(filled));
