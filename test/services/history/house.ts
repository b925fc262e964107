/**
 * A studio of people, albums, renditions, history and settings over a real database in a temporary folder, with photos
 * made up as rows, and a client through the contract. The tests of these services use it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../../src/contract/client.ts';
import { albums } from '../../../src/contract/albums.ts';
import { history } from '../../../src/contract/history.ts';
import { people } from '../../../src/contract/people.ts';
import { renditions } from '../../../src/contract/renditions.ts';
import { contract } from '../../../src/contract/rpc.ts';
import { serve } from '../../../src/contract/serve.ts';
import { settings } from '../../../src/contract/settings.ts';
import { directPair } from '../../../src/contract/transports/direct.ts';
import type { Problem } from '../../../src/contract/failures.ts';
import { recipeText } from '../../../src/domain/recipe.ts';
import { placeFace } from '../../../src/faces/place.ts';
import { AlbumsService } from '../../../src/services/albums/albums.service.ts';
import { openDatabase } from '../../../src/services/db/open.ts';
import type { Row } from '../../../src/services/db/operations.ts';
import { Sidecars } from '../../../src/services/db/sidecars.ts';
import { History } from '../../../src/services/history/history.service.ts';
import { Keeper } from '../../../src/services/history/keeper.ts';
import { PeopleService } from '../../../src/services/people/people.service.ts';
import type { FoundFace } from '../../../src/services/people/record-faces.ts';
import { RenditionsService } from '../../../src/services/renditions/renditions.service.ts';
import { SettingsService } from '../../../src/services/settings/settings.service.ts';

export const parts = contract(people, albums, history, renditions, settings);

export type House = Awaited<ReturnType<typeof makeHouse>>;

export function makeHouse({ steps }: { steps?: number } = {}) {
  const dataFolder = mkdtempSync(join(tmpdir(), 'albumen-people-'));
  const opened = openDatabase(dataFolder);
  const { db } = opened;
  const told: string[] = [];
  const problems: unknown[] = [];
  const tell = (topic: string): void => void told.push(topic);
  const failed = (error: unknown): void => void problems.push(error);
  const sidecars = new Sidecars(dataFolder, failed);
  const keeper = new Keeper({ db, sidecars, failed, delay: 3_600_000 });
  const log = new History({
    db,
    tell,
    touched: (touched) => {
      persons.touched(touched);
      keeper.keepTouched(touched);
    },
    ...(steps !== undefined && { limits: { steps } }),
  });
  const persons = new PeopleService({
    db,
    dataFolder,
    history: log,
    keeper,
    tell,
    failed,
    landmarksOf: ({ leftEye, rightEye, mouth }, size) => [
      ...placeFace({ eyes: [leftEye, rightEye], mouth }, size),
    ],
  });
  const album = new AlbumsService({ db, dataFolder, history: log, keeper, sidecars, tell });
  const versions = new RenditionsService({ db, dataFolder, history: log, keeper, sidecars, tell });
  const logs: { process: string; tail: string }[] = [];
  let cache = 1000;
  const setting = new SettingsService({
    db,
    tell,
    ports: {
      version: '1.2.3',
      platform: 'linux x64',
      cores: 2,
      device: () => ({ chosen: 'cpu', threads: 2, trials: [] }),
      cache: { bytes: () => cache, empty: () => Promise.resolve(void (cache = 0)) },
      logs: () => Promise.resolve(logs),
      versions: { node: process.version },
    },
  });

  const [near, far] = directPair();
  const serviceProblems: Problem[] = [];
  serve(
    parts,
    {
      people: persons.handlers,
      albums: album.handlers,
      history: log.handlers,
      renditions: versions.handlers,
      settings: setting.handlers,
    },
    far,
    { log: (problem) => void serviceProblems.push(problem), checkOutputs: true },
  );
  const { client } = connect(parts, near);

  let photos = 0;
  const run = (table: string, row: Row): void => {
    const names = Object.keys(row);
    db.run(
      `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
      ...Object.values(row),
    );
  };
  run('folders', { id: 'folder', path: '/photos', title: 'Photos', added_at: 0 });

  return {
    ...{ dataFolder, db, told, problems, serviceProblems, sidecars, keeper, log, client, logs },
    ...{ people: persons, albums: album, renditions: versions, settings: setting },

    /** Rows of photos; their ids. */
    addPhotos(
      count: number,
      { year = 1950, from = 'exif' }: { year?: number; from?: string } = {},
    ): string[] {
      return db.transaction(() =>
        Array.from({ length: count }, () => {
          const id = `photo-${photos++}`;
          const at = Date.UTC(year, 0, 1) + photos * 3_600_000;
          run('photos', {
            ...{ id, folder: 'folder', path: `${id}.jpg`, size: 1, mtime: 0, width: 1000, height: 800 },
            hash: createHash('sha256').update(id).digest(),
            ...{ captured_at: at, captured_from: from, captured_precision: 'day' },
            own_date: JSON.stringify({ at, precision: 'day', from }),
            added_at: 0,
          });
          return id;
        }),
      );
    },
    /** Faces in photos, one each, as a detector gives them; their ids. */
    addFaces(ofPhotos: readonly string[], face: (i: number) => Partial<FoundFace> = () => ({})): string[] {
      const ids = db.transaction(() =>
        ofPhotos.flatMap((photo, i) => persons.recordFaces(photo, 'detector', [found({ ...face(i) })])),
      );
      persons.recorded(ids);
      return ids;
    },
    /** A rendition whose file is there; its id. */
    addRendition(photo: string, ofPeople: readonly string[] = [], job: string | null = null): string {
      const file = `renditions/${Math.random().toString(36).slice(2)}.png`;
      mkdirSync(join(dataFolder, 'renditions'), { recursive: true });
      writeFileSync(join(dataFolder, file), 'picture');
      const id = db.transaction(() =>
        versions.recordRendition({
          ...{ photo, job, ordinal: 0, file, variation: null, sha256: 'a'.repeat(64), bytes: 7 },
          ...{ width: 1000, height: 800, recipe: someRecipe(), evidence: [], people: ofPeople },
        }),
      );
      versions.recorded([id]);
      return id;
    },
    /** An adapter whose file is there; its id. */
    addAdapter(person: string | null, job: string | null = null): string {
      const file = `adapters/${Math.random().toString(36).slice(2)}.safetensors`;
      mkdirSync(join(dataFolder, 'adapters'), { recursive: true });
      writeFileSync(join(dataFolder, file), 'weights');
      const id = db.transaction(() =>
        album.recordAdapter({
          ...{ person, job, file, sha256: 'b'.repeat(64), bytes: 7, weights: 'adapter', base: 'face-128' },
          ...{ baseSha256: 'c'.repeat(64), recipe: '{"recipe":"fast"}', photos: 20, steps: 400 },
          curve: [{ step: 0, loss: 0.1, heldOut: null }],
        }),
      );
      album.recorded([id]);
      return id;
    },
    /** Every row a step of history may change, in order. */
    dump(): unknown {
      const tables = [
        'people',
        'faces',
        'face_embeddings',
        'face_rejections',
        'albums',
        'anchors',
        'adapters',
        'renditions',
        'rendition_people',
      ];
      return Object.fromEntries(
        tables.map((table) => [
          table,
          db
            .query<Row>(`SELECT * FROM ${table}`)
            .all()
            .map((row) => JSON.stringify(row))
            .sort(),
        ]),
      );
    },
    run,
    async close(): Promise<void> {
      await persons.close();
      await keeper.flush();
      await sidecars.settled();
      near.close();
      opened.close();
      rmSync(dataFolder, { recursive: true });
    },
  };
}

/** A face as a detector gives it. */
export function found(face: Partial<FoundFace> = {}): FoundFace {
  const point = { x: 150, y: 150 };
  return {
    box: { left: 100, top: 100, width: 100, height: 120 },
    landmarks: [point, point, point, point, point],
    score: 0.9,
    sharpness: 0.8,
    frontal: 0.7,
    ...face,
  };
}

/** An embedding near a person's direction: `person` names the direction, `noise` is its share. */
export function embedding(
  person: number,
  seed: number,
  noise = 0.4,
  dimensions = 64,
): FoundFace['embedding'] & object {
  const random = generator(1000 * person + 7);
  const other = generator(1_000_003 * (seed + 1) + person);
  const values = Float32Array.from({ length: dimensions }, () => random());
  for (let k = 0; k < dimensions; k++) values[k] = (1 - noise) * values[k]! + noise * other();
  return { values, by: 'recogniser' };
}

/** Numbers of about -1..1 from a seed: sums of three uniform ones (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return () => (2 * (uniform() + uniform() + uniform())) / 3 - 1;
}

export function someRecipe(): string {
  const sha256 = 'd'.repeat(64);
  return recipeText({
    kind: 'albumen-recipe',
    version: 1,
    app: '1.2.3',
    photo: { name: 'photo.jpg', sha256, bytes: 1, width: 1000, height: 800 },
    model: { id: 'face-128', sha256 },
    device: { provider: 'cpu', threads: 2, batch: 1 },
    sampler: 'ddim',
    detection: { kind: 'hand' },
    faces: [
      {
        where: { kind: 'square', centre: { x: 100, y: 100 }, side: 50, rotation: 0 },
        ...{ on: true, strength: 200, steps: 20, seed: 7, candidate: 0 },
      },
    ],
    candidates: 1,
    repair: { tone: 0, scratches: 0, denoise: 0 },
    paste: {},
    output: { format: 'png', depth: 8 },
  });
}
