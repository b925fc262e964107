/**
 * The job that restores a photo: its faces are found where nobody looked yet, the order is given, and its results become
 * renditions in the transaction that ends the job. engine/restoring.ts is the engine's side.
 */
import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import * as v from 'valibot';
import type { RestoreOrder, Setup } from '../../contract/engine.ts';
import { UserError, invariant } from '../../domain/errors.ts';
import type { RestoreChoice } from '../../domain/restoring.ts';
import { paintedFile } from '../../services/exports/masks.ts';
import { AlbumResult, payloadOf } from '../../services/jobs/payloads.ts';
import type { Ending, Worker, Working } from '../../services/jobs/ports.ts';
import { lookAtOne } from './looking.ts';
import {
  adapterByHash,
  adapterOf,
  albumEmbedding,
  facesOf,
  looked,
  photoSubject,
  priorFor,
} from './subjects.ts';
import type { FaceSubject } from './subjects.ts';
import { dropWork, follow, freshFolder, moveInto, workFolder } from './work.ts';
import type { WorkParts } from './work.ts';

type Results = Awaited<ReturnType<typeof followRestore>>;
type OrderFace = RestoreOrder['faces'][number];

export function restoreWorker(parts: WorkParts): Worker {
  return {
    run: (working) => restore(parts, working),
    force: () => parts.engine.end(),
    cleanUp: (job) => dropWork(parts.dataFolder, job),
  };
}

/** Under which name the speed of a prior is measured. */
export const restoreSpeed = (model: string): string => `restore.${model}`;

async function restore(parts: WorkParts, working: Working): Promise<Ending> {
  const { db, dataFolder, setups, speeds } = parts;
  const { job, progress } = working;
  const { choice, needs, mask } = payloadOf('restore', job.payload);
  if (job.photo === null) throw new UserError('missing', 'The photo is not in the library any more.');
  const folder = workFolder(dataFolder, job.id);
  await freshFolder(folder);
  if (looked(db, job.photo) === null) {
    progress({ stage: 'finding faces', done: 0, of: 1, etaSeconds: null });
    await lookAtOne(parts, job.photo, job.id);
  }
  const setup = await setups.current();
  const faces = facesOf(db, job.photo);
  const given = faces.map((face) => orderFace(parts, face, choice, setup, needs));
  const order: RestoreOrder = {
    ...{ order: job.id, setup, folder, photo: await photoSubject(db, job.photo, folder), faces: given },
    foundBy: faces.length > 0 && faces.every(({ byHand }) => byHand) ? null : looked(db, job.photo),
    ...{ strength: choice.strength, steps: choice.steps, seed: choice.seed },
    ...{ candidates: choice.candidates, repair: choice.repair },
    mask: mask === null ? null : { file: paintedFile(dataFolder, mask), sha256: mask },
    albums: albumsOf(parts, given, setup),
  };
  const done = await followRestore(parts, working, order);
  if (done.secondsPerEvaluation !== null)
    speeds.measured(restoreSpeed(setup.model.id), done.secondsPerEvaluation);
  return keepResults(parts, working, given, done);
}

const followRestore = (parts: WorkParts, working: Working, order: RestoreOrder) =>
  follow(parts, working, (client) => client.restore(order));

function orderFace(
  parts: WorkParts,
  face: FaceSubject,
  choice: RestoreChoice,
  { model }: Setup,
  needs: string | null,
): OrderFace {
  const own = choice.faces.find((one) => one.face === face.id);
  const prior = priorFor(face, choice);
  const on = own?.on ?? null;
  const given = {
    id: face.id,
    where: face.where,
    on,
    strength: own?.strength ?? choice.strength,
    seed: own?.seed ?? choice.seed,
  };
  if (on === false || prior.kind === 'prior') return { ...given, person: face.person, prior: null };
  if (prior.kind === 'generative') {
    const made = generatedFor(parts, face.id, needs);
    return {
      ...given,
      person: face.person,
      prior: { kind: 'generative', name: 'the album made from it', ...made },
    };
  }
  const { name, file, sha256 } = adapterOf(parts.db, parts.dataFolder, prior.person, model.sha256);
  return {
    ...given,
    person: prior.person,
    prior: { kind: 'person', name: name.slice(0, 255), file, sha256 },
  };
}

/** What the album's job made of this face. */
function generatedFor(
  { db, dataFolder }: WorkParts,
  face: string,
  needs: string | null,
): { file: string; sha256: string } {
  const result = db.column<string | null>('SELECT result FROM jobs WHERE id = ?').get(needs ?? '');
  const parsed = v.safeParse(AlbumResult, JSON.parse(result ?? 'null'));
  const made = parsed.success ? parsed.output.adapters.find((one) => one.face === face) : undefined;
  const adapter = made && adapterByHash(db, dataFolder, made.sha256);
  if (adapter) return adapter;
  throw new UserError(
    'missing',
    'The album made from this photo has nothing of one of its faces any more.',
    'Ask for the restoration anew.',
  );
}

/** Albums to compare the restored faces of people with. */
function albumsOf(
  { db }: WorkParts,
  faces: readonly OrderFace[],
  { recogniser }: Setup,
): RestoreOrder['albums'] {
  if (!recogniser) return [];
  const people = new Map(
    faces.flatMap(({ person, prior }) =>
      person !== null && prior?.kind === 'person' ? [[prior.sha256, person]] : [],
    ),
  );
  return [...people].flatMap(([adapter, person]) => {
    const embedding = albumEmbedding(db, person, recogniser.name);
    return embedding ? [{ adapter, embedding }] : [];
  });
}

async function keepResults(
  { dataFolder, renditions }: WorkParts,
  { job }: Working,
  faces: readonly OrderFace[],
  { results, variation, mask }: Results,
): Promise<Ending> {
  const folder = workFolder(dataFolder, job.id);
  const { photo } = job;
  invariant(photo !== null, 'a restoration is of a photo');
  const map = variation === null ? null : { file: `renditions/${job.id}-variation.webp`, bytes: 0 };
  if (map && variation !== null) {
    await moveInto(dataFolder, join(folder, variation), map.file);
    map.bytes = (await stat(join(dataFolder, map.file))).size;
  }
  // shown while it is there; the recipe has all that is needed to find it again
  if (mask !== null) await moveInto(dataFolder, join(folder, mask), maskFile(job.id));
  const files: string[] = [];
  for (const [ordinal, { file }] of results.entries()) {
    files.push(`renditions/${job.id}-${ordinal}${extname(file)}`);
    await moveInto(dataFolder, join(folder, file), files[ordinal] ?? '');
  }
  const people = [
    ...new Set(
      faces.flatMap(({ person, prior }) => (person !== null && prior?.kind === 'person' ? [person] : [])),
    ),
  ];
  const made: string[] = [];
  return {
    result: { renditions: results.length },
    commit: () => {
      for (const [ordinal, result] of results.entries()) {
        const { sha256, bytes, width, height, recipe, evidence } = result;
        made.push(
          renditions.recordRendition({
            ...{ photo, job: job.id, ordinal, file: files[ordinal] ?? '', variation: map },
            ...{ sha256, bytes, width, height, recipe, evidence, people },
          }),
        );
      }
    },
    after: async () => {
      renditions.recorded(made);
      await dropWork(dataFolder, job);
    },
  };
}

/** The damage that was found, as long as the cache has it. */
export const maskFile = (job: string): string => `cache/masks/${job}.png`;
