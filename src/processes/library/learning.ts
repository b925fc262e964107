/**
 * The jobs that learn: a person from their album, or a photo's faces from albums generated of them. Both go on from what
 * is on the disk; their adapters become rows in the transaction that ends the job. engine/learning.ts is the other side.
 */
import { dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import * as v from 'valibot';
import { FinetuneOrder } from '../../contract/engine.ts';
import type { LearnNews, Learned } from '../../contract/engine.ts';
import { UserError } from '../../domain/errors.ts';
import type { LossPoint } from '../../domain/person.ts';
import type { FinetuneChoice } from '../../domain/restoring.ts';
import { recipeFor } from '../../engine/finetune/recipes.ts';
import type { FinetunePlan } from '../../services/jobs/jobs.service.ts';
import { writeWhole } from '../../services/db/write.ts';
import { payloadOf } from '../../services/jobs/payloads.ts';
import type { Ending, Worker, Working } from '../../services/jobs/ports.ts';
import type { JobRow } from '../../services/jobs/rows.ts';
import { lookAtOne } from './looking.ts';
import { anchorsOf, generatedFaces, looked, photoSubject } from './subjects.ts';
import { dropWork, follow, moveInto, workFolder } from './work.ts';
import type { WorkParts } from './work.ts';

/** Points of a loss curve that a job's row keeps. */
const MOST_POINTS = 1000;

export function finetuneWorker(parts: WorkParts): Worker {
  return { run: (working) => finetune(parts, working), ...ends(parts) };
}

export function albumWorker(parts: WorkParts): Worker {
  return { run: (working) => generate(parts, working), ...ends(parts) };
}

/** What is found of a killed run is gone on from. */
function ends(parts: WorkParts): Pick<Worker, 'force' | 'cleanUp'> {
  return {
    force: () => parts.engine.end(),
    cleanUp: async (job, why) => {
      if (why === 'gone') await dropWork(parts.dataFolder, job);
    },
  };
}

/** Steps of a finetune, and under which name its speed is measured. */
export function finetunePlan(model: string, { recipe, weights, steps }: FinetuneChoice): FinetunePlan {
  const usual = recipeFor(recipe, { album: 'personal', weights });
  return { steps: steps ?? usual.steps, speed: speedOf(model, weights) };
}

const speedOf = (model: string, weights: FinetuneChoice['weights']): string => `finetune.${model}.${weights}`;

async function finetune(parts: WorkParts, working: Working): Promise<Ending> {
  const { setups, speeds } = parts;
  const { job } = working;
  const { choice } = payloadOf('finetune', job.payload);
  if (job.person === null) throw new UserError('missing', 'This person is not there any more.');
  const folder = await folderOf(parts, job);
  const setup = await setups.current();
  const order = {
    ...{ order: job.id, setup, folder, choice, name: job.title.slice(0, 200) },
    anchors: await anchorsIn(parts, job.person, folder),
    most: choice.steps ?? parts.steps,
    secondsPerStep: speeds.secondsPerStep(speedOf(setup.model.id, choice.weights)),
  };
  const curve = new Curve(working, job);
  const { learned } = await follow(
    parts,
    working,
    (client) => client.finetune(order),
    (news) => curve.hear(news),
  );
  return keepLearned(parts, job, choice, learned);
}

async function generate(parts: WorkParts, working: Working): Promise<Ending> {
  const { db, setups, speeds } = parts;
  const { job } = working;
  const { choice, restore, size, steps } = payloadOf('album', job.payload);
  if (job.photo === null) throw new UserError('missing', 'The photo is not in the library any more.');
  const folder = await folderOf(parts, job);
  if (looked(db, job.photo) === null) await lookAtOne(parts, job.photo, job.id);
  const setup = await setups.current();
  const order = {
    ...{ order: job.id, setup, folder, choice, size, steps },
    photo: await photoSubject(db, job.photo, folder),
    faces: generatedFaces(db, job.photo, restore).map(({ id, where }) => ({ id, where })),
    most: parts.steps,
    secondsPerStep: speeds.secondsPerStep(speedOf(setup.model.id, choice.weights)),
  };
  const curve = new Curve(working, job);
  const { learned } = await follow(
    parts,
    working,
    (client) => client.album(order),
    (news) => curve.hear(news),
  );
  return keepLearned(parts, job, choice, learned);
}

async function folderOf({ dataFolder }: WorkParts, { id }: JobRow): Promise<string> {
  const folder = workFolder(dataFolder, id);
  await mkdir(folder, { recursive: true });
  return folder;
}

/**
 * The album as it was when the run began, as long as there is a run to go on with: what was chosen since is for the next
 * one.
 */
async function anchorsIn(
  { db }: WorkParts,
  person: string,
  folder: string,
): Promise<FinetuneOrder['anchors']> {
  const path = join(folder, 'anchors.json');
  if (existsSync(join(folder, 'run.safetensors')) && existsSync(path))
    return v.parse(FinetuneOrder.entries.anchors, JSON.parse(await readFile(path, 'utf8')));
  await rm(join(folder, 'album'), { recursive: true, force: true });
  const anchors = await anchorsOf(db, person, folder);
  await writeWhole(path, JSON.stringify(anchors));
  return anchors;
}

/** The losses of a run, live and, with every checkpoint, in the job's row. */
class Curve {
  readonly #working: Working;
  readonly #points: LossPoint[];

  constructor(working: Working, { result, run }: JobRow) {
    this.#working = working;
    const kept: unknown = JSON.parse(result ?? 'null');
    const before = run > 1 && typeof kept === 'object' && kept !== null && 'curve' in kept ? kept.curve : [];
    this.#points = Array.isArray(before) ? (before as LossPoint[]) : [];
    working.losses(this.#points);
  }

  hear(news: LearnNews): void {
    if (news.kind === 'loss') {
      // a run that goes on does some steps again
      const last = this.#points.at(-1);
      if (last && news.point.step < last.step) return;
      this.#points.push(news.point);
      this.#working.losses([news.point]);
    } else if (news.kind === 'checkpoint') {
      const every = Math.ceil(this.#points.length / MOST_POINTS);
      this.#working.keep({
        curve: this.#points.filter((point, i) => i % every === 0 || point.heldOut !== null),
      });
    }
  }
}

async function keepLearned(
  { dataFolder, albums, speeds }: WorkParts,
  job: JobRow,
  choice: FinetuneChoice,
  learned: readonly Learned[],
): Promise<Ending> {
  const folder = workFolder(dataFolder, job.id);
  const files: string[] = [];
  for (const [i, { file, config, base, secondsPerStep }] of learned.entries()) {
    // a whole model has its model.json beside it
    const name =
      config === null ? `adapters/${job.id}-${i}.safetensors` : `adapters/${job.id}-${i}/weights.safetensors`;
    if (config !== null) await moveInto(dataFolder, join(folder, config), `${dirname(name)}/model.json`);
    await moveInto(dataFolder, join(folder, file), name);
    files.push(name);
    if (secondsPerStep !== null) speeds.measured(speedOf(base, choice.weights), secondsPerStep);
  }
  const made: string[] = [];
  const result = {
    adapters: learned.flatMap(({ face, sha256 }) => (face === null ? [] : [{ face, sha256 }])),
    curve: learned[0]?.curve ?? [],
  };
  return {
    result,
    commit: () => {
      for (const [i, one] of learned.entries()) {
        const { sha256, bytes, base, baseSha256, photos, steps, curve } = one;
        made.push(
          albums.recordAdapter({
            // one of a person's finetune is known by its job; of an album there are several
            ...(one.face === null ? { job: job.id } : { job: null, id: `${job.id}-${i}` }),
            ...{ person: job.person, file: files[i] ?? '', sha256, bytes, base, baseSha256 },
            ...{ weights: choice.weights, photos, steps, curve },
            recipe: JSON.stringify({ ...(JSON.parse(one.recipe) as object), recipe: choice.recipe }),
          }),
        );
      }
    },
    after: async () => {
      albums.recorded(made);
      await dropWork(dataFolder, job);
    },
  };
}
