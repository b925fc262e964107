/**
 * Chooses the anchors of an album: sharp, large and frontal faces that differ from each other, near in time to the photo
 * that is to be restored. Each comes with what speaks for and against it; albums.service.ts reads the faces.
 */
import type { Anchor } from '../../domain/person.ts';
import { dot } from '../people/likeness.ts';

export type Reason = Anchor['reasons'][number];

export interface Candidate {
  readonly face: string;
  readonly photo: string;
  /** Of the photo's content: copies count once. */
  readonly hash: string;
  /** Of the face, the shorter side of its box, in pixels. */
  readonly side: number;
  /** 0..1, or null where nobody measured. */
  readonly sharpness: number | null;
  readonly frontal: number | null;
  readonly score: number;
  readonly byHand: boolean;
  /** Milliseconds; null where only the file's date is known. */
  readonly captured: number | null;
  readonly embedding: Float32Array | null;
}

export interface Chosen {
  readonly face: string;
  readonly photo: string;
  readonly reasons: Reason[];
}

const YEAR_MS = 365.25 * 86_400_000;
/** A face of this many pixels fills the priors there are; half of it still teaches something. */
const LARGE = 256;
/** Years after which a face has changed for good: near in time falls to 1/e. */
const NEAR_YEARS = 8;
/** Two faces with this cosine or more are as good as one (frames of one burst). */
const ALIKE = 0.85;
/** Looked at for differences: the best of the person's faces, at least this many. */
const LEAST_POOL = 400;
/** What difference from those already chosen counts against quality. */
const DIVERSITY = 0.8;

/** Shares of quality; where the year is known it counts as much as being sharp. */
const WEIGHTS = { sharp: 0.35, frontal: 0.25, large: 0.25, near: 0.35 };

interface Judged {
  readonly candidate: Candidate;
  readonly quality: number;
  readonly sharp: number | null;
  readonly frontal: number | null;
  readonly large: number;
  readonly near: number | null;
}

/** At most `count`, best first; `year`: when the photo to be restored was taken (milliseconds), where that is known. */
export function chooseAnchors(
  candidates: readonly Candidate[],
  count: number,
  year: number | null = null,
): Chosen[] {
  const judged = candidates
    .map((candidate) => judge(candidate, year))
    .sort((a, b) => b.quality - a.quality || (a.candidate.face < b.candidate.face ? -1 : 1));
  const seen = new Set<string>();
  const pool = judged
    .filter(({ candidate: { hash } }) => !seen.has(hash) && seen.add(hash))
    .slice(0, Math.max(LEAST_POOL, 4 * count));
  return furthestFirst(pool, count);
}

/** What speaks for and against a face by itself, for albums chosen by hand. */
export function reasonsOf(candidate: Candidate): Reason[] {
  return reasons(judge(candidate, null), null);
}

function judge(candidate: Candidate, year: number | null): Judged {
  const { sharpness: sharp, frontal, side, captured } = candidate;
  const large = Math.min(1, side / LARGE);
  const years = year === null || captured === null ? null : Math.abs(captured - year) / YEAR_MS;
  const near = years === null ? null : Math.exp(-years / NEAR_YEARS);
  const parts: [number, number | null][] = [
    [WEIGHTS.sharp, sharp],
    [WEIGHTS.frontal, frontal],
    [WEIGHTS.large, large],
    [WEIGHTS.near, near],
  ];
  // what nobody measured counts neither for nor against
  const known = parts.flatMap(([weight, value]) => (value === null ? [] : [{ weight, value }]));
  const total = known.reduce((sum, { weight }) => sum + weight, 0);
  const quality = known.reduce((sum, { weight, value }) => sum + weight * value, 0) / total;
  return { candidate, quality, sharp, frontal, large, near };
}

/** Each time the one with the best of quality and distance to the nearest chosen (farthest-first, Gonzalez 1985). */
function furthestFirst(pool: readonly Judged[], count: number): Chosen[] {
  const left = new Set(pool);
  const nearest = new Map(pool.map((judged) => [judged, 1]));
  const chosen: Chosen[] = [];
  while (chosen.length < count && left.size > 0) {
    let best: Judged | undefined;
    let most = -Infinity;
    for (const judged of left) {
      const value = judged.quality + DIVERSITY * (nearest.get(judged) ?? 1);
      if (value > most) [best, most] = [judged, value];
    }
    if (!best) break;
    left.delete(best);
    const { face, photo } = best.candidate;
    chosen.push({
      face,
      photo,
      reasons: reasons(best, chosen.length === 0 ? null : (nearest.get(best) ?? 1)),
    });
    for (const judged of left)
      nearest.set(judged, Math.min(nearest.get(judged) ?? 1, difference(best.candidate, judged.candidate)));
  }
  return chosen;
}

/** 0 (the same) to 1: by embeddings of one recogniser, else by years apart; half where nothing is known. */
function difference(a: Candidate, b: Candidate): number {
  if (a.embedding && b.embedding?.length === a.embedding.length)
    return Math.min(1, Math.max(0, 1 - dot(a.embedding, 0, b.embedding, 0, a.embedding.length)));
  if (a.captured === null || b.captured === null) return 0.5;
  return 1 - Math.exp(-Math.abs(a.captured - b.captured) / YEAR_MS);
}

function reasons({ candidate, sharp, frontal, large, near }: Judged, different: number | null): Reason[] {
  const all: Reason[] = [];
  const say = (kind: Reason['kind'], weight: number): void =>
    void all.push({ kind, weight: Math.round(100 * Math.min(1, Math.max(0, weight))) / 100 });
  const either = (value: number, good: Reason['kind'], bad: Reason['kind']): void =>
    value >= 0.5 ? say(good, value) : say(bad, 1 - value);
  if (sharp !== null) either(sharp, 'sharp', 'blurred');
  either(large, 'large', 'small');
  if (frontal !== null) either(frontal, 'frontal', 'turned');
  if (different !== null)
    if (different <= 1 - ALIKE) say('alike', 1 - different);
    else say('different', different);
  if (near !== null && near >= 0.5) say('near-in-time', near);
  if (candidate.byHand) say('by-hand', 1);
  return all.sort((a, b) => b.weight - a.weight);
}

/** Fewer make a prior that knows the photos and not the person. */
const FEW = 4;
/** Below this a face is a smudge: a prior learns the smudge. */
const TINY = 48;

/** What speaks against finetuning on these faces, in a sentence; null where nothing does. */
export function problemOf(
  faces: readonly { readonly side: number; readonly sharpness: number | null }[],
): string | null {
  const n = faces.length;
  if (n === 0) return 'The album is empty; about 20 clear, varied photos of one person work best.';
  if (n < FEW)
    return `The album has ${n} photo${n === 1 ? '' : 's'}; at least ${FEW} are needed, and about 20 work best.`;
  const tiny = faces.filter(({ side }) => side < TINY).length;
  if (2 * tiny > n)
    return `Most faces of the album are smaller than ${TINY} pixels: what is restored would be soft.`;
  const blurred = faces.filter(({ sharpness }) => sharpness !== null && sharpness < 0.25).length;
  if (2 * blurred > n) return 'Most faces of the album are blurred: what is restored would be soft.';
  return null;
}
