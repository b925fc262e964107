/**
 * An order to restore a photo, from its file to the files of its results, with news on the way. The recipe is made and
 * followed by restoration/; processes/library/restoring.ts gives the order and keeps what comes of it.
 */
import { join } from 'node:path';
import type { RestoreNews, RestoreOrder } from '../../contract/engine.ts';
import type { FaceEvidence } from '../../domain/rendition.ts';
import { recipeText } from '../../domain/recipe.ts';
import type { Recipe } from '../../domain/recipe.ts';
import { UserError } from '../../domain/errors.ts';
import { DEFAULT_SAMPLER } from '../../domain/sampling.ts';
import { quoted } from '../../domain/text.ts';
import { fileHash } from '../../engine/adapter-file.ts';
import type { FaceDetector } from '../../faces/face.ts';
import { readPhotograph } from '../../imaging/photograph/read.ts';
import { FORMAT_EXTENSIONS, outputFormat, savePhotograph } from '../../imaging/photograph/save.ts';
import { encodeMask } from '../../imaging/repair/mask.ts';
import { writeImage, writeWhole } from '../../imaging/write.ts';
import { batchFor } from '../../restoration/networks.ts';
import { planPhoto } from '../../restoration/plan.ts';
import type { FaceChoice } from '../../restoration/plan.ts';
import { restorePhotograph } from '../../restoration/restore-photograph.ts';
import type { RestoredPhotograph } from '../../restoration/restore-photograph.ts';
import type { Evidence } from '../../restoration/evidence.ts';
import { appVersion } from '../version.ts';
import { paintedMask } from './damage.ts';
import { PreviewClock, cornersOf, previewOf, variationMap } from './pictures.ts';
import type { Workshop } from './workshop.ts';

/** Quick, and the same for the same seed. */

type Face = RestoreOrder['faces'][number];

/** Throws UserError: what reading, the model or an adapter says, `conflict` for a photo that changed, `cancelled`. */
export async function* restoreOrder(
  workshop: Workshop,
  order: RestoreOrder,
  signal: AbortSignal,
): AsyncGenerator<RestoreNews> {
  const { setup, folder } = order;
  yield stage('reading', 0, 1);
  const photo = await readPhotograph(order.photo.file, { signal });
  if ((await fileHash(order.photo.file, signal)) !== order.photo.sha256)
    throw new UserError(
      'conflict',
      `${quoted(order.photo.name)} has changed since the library looked at it.`,
      'Scan its folder, then restore it again.',
    );
  const adapters = new Map(order.faces.flatMap(({ prior }) => (prior ? [[prior.sha256, prior.file]] : [])));
  const { prior, base, networks } = await workshop.model(setup, adapters);
  const recogniser = await workshop.recogniser(setup);
  const { chosen, threads } = await workshop.report(setup);
  // from left to right, as a plan numbers them
  const faces = [...order.faces].sort((a, b) => middle(a) - middle(b));
  const format = outputFormat(photo);
  const planned = await planPhoto(photo, {
    ...{ app: appVersion(), photo: order.photo, model: base, sampler: DEFAULT_SAMPLER, steps: order.steps },
    device: {
      provider: chosen as Recipe['device']['provider'],
      threads: Math.max(1, threads),
      batch: batchFor(prior),
    },
    strength: Math.min(order.strength, networks.T),
    ...{ seed: order.seed, candidates: order.candidates },
    repair: { ...order.repair, ...(order.mask && { mask: { sha256: order.mask.sha256 } }) },
    faces: new Map(faces.map((face, i) => [i + 1, choiceOf(face, networks.T)])),
    detector: { detector: knowing(faces, order.foundBy ?? 'by hand') },
    output: { format, depth: format === 'png' || format === 'tiff' ? photo.depth : 8 },
    signal,
  });
  const detection = order.foundBy === null ? ({ kind: 'hand' } as const) : planned.detection;
  const recipe: Recipe = { ...planned, detection };
  const albums = new Map(order.albums.map(({ adapter, embedding }) => [adapter, floatsOf(embedding)]));
  const run = restorePhotograph(photo, recipe, {
    ...{ networks, signal, album: (adapter: string) => Promise.resolve(albums.get(adapter)) },
    ...(recogniser && { recogniser }),
    ...(order.mask && { mask: await paintedMask(order.mask, photo) }),
  });
  const clock = new PreviewClock();
  let begun: { readonly at: number; readonly step: number } | undefined;
  let evaluations = 0;
  let seconds: number | null = null;
  let restored: RestoredPhotograph;
  for (;;) {
    const next = await run.next();
    if (next.done) {
      restored = next.value;
      break;
    }
    const { stage: at, step, of, previews } = next.value;
    const now = performance.now();
    if (at === 'faces') {
      if (begun && step > begun.step) seconds = (now - begun.at) / 1000 / (step - begun.step);
      begun ??= { at: now, step };
      evaluations = of;
    }
    yield {
      ...stage(at === 'print' ? 'mending the print' : 'restoring faces', step, of),
      etaSeconds: at === 'faces' && seconds !== null ? seconds * (of - step) : null,
    };
    if (previews.length === 0 || !clock.due()) continue;
    for (const { face, image } of previews) {
      const where = recipe.faces[face]?.where;
      yield {
        ...{ kind: 'preview', step, of, face: faces[face]?.id ?? null },
        corners: where ? cornersOf(where, photo) : null,
        image: await previewOf(image),
      };
    }
  }
  yield stage('saving', 0, order.candidates);
  const results = [];
  for (let i = 0; i < order.candidates; i++) {
    if (order.candidates > 1) await restored.choose(i);
    const evidence = evidenceOf(restored, recipe, faces, await restored.evidence());
    results.push(await saveResult(restored, chosenOf(recipe, i), i, evidence, folder, signal));
    yield stage('saving', i + 1, order.candidates);
  }
  if (order.candidates > 1) await restored.choose(0);
  yield {
    ...{ kind: 'done', results, evaluations, secondsPerEvaluation: seconds },
    variation: await saveVariation(restored, recipe, folder),
    mask: await saveMask(restored, folder),
  };
}

const stage = (name: string, done: number, of: number) =>
  ({ kind: 'progress', stage: name, done, of, etaSeconds: null }) as const;

const middle = ({ where: { box } }: Face): number => box.left + box.width / 2;

/** A detector that finds what is known already. */
function knowing(faces: readonly Face[], name: string): FaceDetector {
  return {
    name,
    detect: () =>
      Promise.resolve(
        faces.map(({ where: { box, landmarks, score } }) => ({
          box,
          landmarks: [...landmarks] as const,
          score,
        })),
      ),
  };
}

function choiceOf({ on, strength, seed, prior }: Face, T: number): FaceChoice {
  return {
    ...(on !== null && { on }),
    ...{ strength: Math.min(strength, T), seed },
    person: prior && { kind: prior.kind, name: prior.name, adapter: prior.sha256 },
  };
}

function chosenOf(recipe: Recipe, which: number): Recipe {
  return { ...recipe, faces: recipe.faces.map((face) => ({ ...face, candidate: which })) };
}

type Done = Extract<RestoreNews, { kind: 'done' }>;

async function saveResult(
  { photo, faces }: RestoredPhotograph,
  recipe: Recipe,
  which: number,
  evidence: FaceEvidence[],
  folder: string,
  signal: AbortSignal,
): Promise<Done['results'][number]> {
  const { format, depth } = recipe.output;
  const file = `${which}${FORMAT_EXTENSIONS[format][0] ?? ''}`;
  const path = join(folder, file);
  const { bytes } = await savePhotograph(photo, path, {
    ...{ format, depth, signal },
    metadata: {
      software: `Albumen ${appVersion()}`,
      restoredFaces: faces.length > 0,
      recipe: recipeText(recipe, 0),
    },
  });
  const { width, height } = photo;
  return {
    file,
    bytes,
    width,
    height,
    sha256: await fileHash(path),
    recipe: recipeText(recipe, 0),
    evidence,
  };
}

/** What speaks for and against each restored face. */
function evidenceOf(
  { faces: restored }: RestoredPhotograph,
  recipe: Recipe,
  faces: readonly Face[],
  measured: ReadonlyMap<number, Evidence>,
): FaceEvidence[] {
  return restored.map(({ face, variation }) => {
    const evidence = measured.get(face);
    const person = evidence?.person;
    return {
      face: faces[face]?.id ?? null,
      person: faces[face]?.person ?? null,
      strength: recipe.faces[face]?.strength ?? 0,
      ...(evidence && { toInput: cosine(evidence.toInput), further: evidence.warning !== undefined }),
      ...(person && { inputToAlbum: cosine(person.before), toAlbum: cosine(person.after) }),
      // a standard deviation on [-1,1], which is 2 wide
      ...(variation && { invented: Math.min(1, mean(variation) / 2) }),
    };
  });
}

const cosine = (value: number): number => Math.max(-1, Math.min(1, value));
const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

async function saveVariation(
  { photo, faces }: RestoredPhotograph,
  recipe: Recipe,
  folder: string,
): Promise<string | null> {
  if (!faces.some(({ variation }) => variation)) return null;
  await writeImage(join(folder, 'variation.webp'), await variationMap(photo, recipe, faces), { quality: 85 });
  return 'variation.webp';
}

async function saveMask({ mask }: RestoredPhotograph, folder: string): Promise<string | null> {
  if (!mask) return null;
  await writeWhole(join(folder, 'mask.png'), await encodeMask(mask));
  return 'mask.png';
}

/** Float32, little-endian. */
function floatsOf(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength >> 2 }, (_, i) => view.getFloat32(4 * i, true));
}
