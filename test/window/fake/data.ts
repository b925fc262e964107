/**
 * A library in memory for windows under test: photos over many years, a few people, renditions and jobs.
 * studio.ts answers the contract's calls from it.
 */
import type { Job } from '../../../src/domain/job.ts';
import type { Adapter, Person, PhotoFace } from '../../../src/domain/person.ts';
import type { Photo } from '../../../src/domain/photo.ts';
import type { Rendition } from '../../../src/domain/rendition.ts';
import type { RestoreChoice } from '../../../src/domain/restoring.ts';
import { DEFAULT_SETTINGS } from '../../../src/domain/settings.ts';
import type { Settings } from '../../../src/domain/settings.ts';
import { faceBox } from './pictures.ts';

const DAY = 86_400_000;
/** Noon of 1 June 1965. */
const NEWEST = Date.UTC(1965, 5, 1, 12);

/** What was asked of a job. */
export interface Asked {
  readonly choice: RestoreChoice;
  readonly mask: Uint8Array<ArrayBuffer> | undefined;
}

export interface FakeData {
  readonly photos: Photo[];
  readonly people: Person[];
  readonly faces: PhotoFace[];
  readonly albums: Map<string, string[]>;
  readonly adapters: Adapter[];
  readonly renditions: Rendition[];
  readonly jobs: Job[];
  /** Of each restoration: what for. */
  readonly asked: Map<string, Asked>;
  readonly undone: string[];
  readonly history: { label: string; back: () => void; again: () => void }[];
  settings: Settings;
}

/** `count` photos, one every three days back from 1965; every third has a face. */
export function fakeData(count: number): FakeData {
  const photos = Array.from({ length: count }, (_, n) => photoOf(n, count));
  const names = ['Grandma', 'anna', 'The twins', 'Uncle'];
  const people = names.map((name, i): Person => {
    const suggestions = i === 0 ? 6 : 0;
    const base = { id: `person-${i}`, name, birthYear: i === 0 ? 1921 : null, hidden: false };
    return {
      ...base,
      cover: `face-${3 * i}`,
      photos: 24 - 5 * i,
      suggestions,
      anchors: i === 0 ? 12 : 0,
      adapters: i === 0 ? 1 : 0,
    };
  });
  const faces = photos.flatMap((photo, n) => (n % 3 === 0 ? [faceOf(photo, n)] : []));
  return {
    photos,
    people,
    faces,
    albums: new Map([
      [
        'person-0',
        faces
          .filter(({ person, state }) => person === 'person-0' && state === 'confirmed')
          .slice(0, 12)
          .map(({ id }) => id),
      ],
    ]),
    adapters: [adapter()],
    renditions: photos
      .filter(({ renditions }) => renditions > 0)
      .slice(0, 200)
      .map(renditionOf),
    jobs: [],
    asked: new Map(),
    undone: [],
    history: [],
    settings: { ...DEFAULT_SETTINGS },
  };
}

function photoOf(n: number, count: number): Photo {
  const [width, height] = n % 4 === 1 ? [900, 1200] : n % 7 === 0 ? [1500, 900] : [1200, 900];
  return {
    id: `photo-${n}`,
    title: `Scan ${String(count - n).padStart(4, '0')}.jpg`,
    width,
    height,
    capturedAt: NEWEST - 3 * n * DAY,
    capturedPrecision: n % 5 === 0 ? 'year' : 'day',
    rating: n % 11 === 0 ? 4 : 0,
    missing: n % 97 === 5,
    damaged: n % 101 === 7,
    renditions: n % 13 === 0 ? 1 : 0,
    back: null,
  };
}

function faceOf(photo: Photo, n: number): PhotoFace {
  const box = faceBox(photo.width ?? 1200, photo.height ?? 900);
  const at = (x: number, y: number): { x: number; y: number } => ({
    x: box.left + x * box.width,
    y: box.top + y * box.height,
  });
  const turn = Math.floor(n / 3) % 8;
  const state = turn < 4 ? 'confirmed' : turn < 6 ? 'suggested' : 'unknown';
  return {
    id: `face-${n}`,
    photo: photo.id,
    box,
    landmarks: [at(0.34, 0.42), at(0.66, 0.42), at(0.5, 0.58), at(0.36, 0.72), at(0.64, 0.72)],
    score: 0.97,
    byHand: false,
    state,
    person: state === 'unknown' ? null : `person-${turn < 2 || state === 'suggested' ? 0 : turn - 1}`,
    similarity: state === 'suggested' ? 0.55 : null,
  };
}

function adapter(): Adapter {
  const curve = Array.from({ length: 40 }, (_, i) => ({
    step: 10 * (i + 1),
    loss: 0.02 + 0.03 * Math.exp(-i / 8),
    heldOut: i % 2 === 1 ? 0.024 + 0.025 * Math.exp(-i / 9) : null,
  }));
  const made = {
    recipe: 'fast',
    weights: 'adapter',
    base: 'face-128',
    photos: 12,
    steps: 400,
    bytes: 2_400_000,
  } as const;
  return { id: 'adapter-0', person: 'person-0', ...made, created: Date.UTC(2026, 10, 20), curve };
}

function renditionOf(photo: Photo, i: number): Rendition {
  return {
    id: `rendition-${photo.id}`,
    photo: photo.id,
    job: null,
    created: Date.UTC(2026, 10, 1) + i * DAY,
    width: photo.width ?? 1200,
    height: photo.height ?? 900,
    bytes: 1_200_000,
    strength: 150,
    steps: 20,
    sampler: 'dpmpp-sde',
    seed: 0,
    model: 'face-128',
    people: ['person-0'],
    generative: false,
    evidence: [
      {
        face: null,
        person: 'person-0',
        strength: 150,
        toInput: 0.61,
        inputToAlbum: 0.42,
        toAlbum: 0.58,
        further: false,
        invented: 0.06,
      },
    ],
    hasVariation: true,
    chosen: true,
    rating: 0,
    note: '',
  };
}

/** What of an edit is given: a call may carry `undefined` for what is left out. */
export function given<T extends object>(edit: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(edit).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
