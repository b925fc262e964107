/**
 * The fake studio's answers on jobs, exports and settings, over data.ts: jobs run on a timer and
 * make something. services/ has the real thing.
 */
import sharp from 'sharp';
import { Broadcast } from '../../../src/contract/events.ts';
import type { Topic } from '../../../src/contract/events.ts';
import type { ContractHandlers } from '../../../src/contract/rpc.ts';
import type { studio } from '../../../src/contract/studio.ts';
import type { ExportForm, ExportPreset } from '../../../src/domain/exporting.ts';
import type { Job, JobKind, Preview } from '../../../src/domain/job.ts';
import type { LossPoint } from '../../../src/domain/person.ts';
import type { Rendition } from '../../../src/domain/rendition.ts';
import { given } from './data.ts';
import type { FakeData } from './data.ts';
import { modelsOf } from './models.ts';
import { pictureOf } from './pictures.ts';

type Handlers = ContractHandlers<typeof studio>;
type Part = Pick<Handlers, 'jobs' | 'exports' | 'models' | 'settings'>;

const STEPS = 20;

export function workOf(data: FakeData, tell: (topic: Topic) => void, stepMs: number): Part {
  const changes = new Broadcast<Job>();
  const previews = new Broadcast<Preview>();
  let last = 0;
  let timer: NodeJS.Timeout | undefined;

  const put = (job: Job): void => {
    const at = data.jobs.findIndex(({ id }) => id === job.id);
    if (at < 0) data.jobs.push(job);
    else data.jobs[at] = job;
    changes.publish(job);
    tell('jobs');
  };
  const add = (kind: JobKind, title: string, about: Partial<Job> = {}): string => {
    const id = `job-${last++}`;
    const times = { created: 1e12 + last, started: null, ended: null };
    put({
      id,
      kind,
      state: 'queued',
      title,
      photo: null,
      person: null,
      priority: 0,
      position: last,
      progress: null,
      error: null,
      ...times,
      ...about,
    });
    timer ??= setInterval(() => void step(), stepMs).unref();
    return id;
  };
  const step = async (): Promise<void> => {
    const job =
      data.jobs.find(({ state }) => state === 'running') ?? data.jobs.find(({ state }) => state === 'queued');
    if (!job) return;
    const done = (job.progress?.done ?? 0) + 1;
    const stage = job.kind === 'finetune' ? 'Finetuning' : 'Restoring';
    if (done > STEPS) {
      end(job);
      return;
    }
    put({
      ...job,
      state: 'running',
      started: 1e12,
      progress: { stage, done, of: STEPS, etaSeconds: (STEPS - done) * 0.3 },
    });
    if ((job.kind === 'restore' || job.kind === 'finetune') && previews.subscribers > 0)
      previews.publish(await previewOf(data, job, done));
  };
  const end = (job: Job): void => {
    if (job.kind === 'restore' && job.photo !== null)
      data.renditions.push(renditionOf(data, job.photo, job.id));
    put({ ...job, state: 'done', ended: 1e12 + 1 });
    tell('renditions');
    tell('photos');
  };
  const move = (ids: readonly string[], state: Job['state']): undefined => {
    for (const job of data.jobs.filter(({ id }) => ids.includes(id))) put({ ...job, state });
    return undefined;
  };
  const titleOf = (photo: string): string => data.photos.find(({ id }) => id === photo)?.title ?? photo;

  return {
    jobs: {
      list: ({ states, limit }) => {
        const jobs = data.jobs.filter(({ state }) => !states || states.includes(state)).slice(0, limit);
        const count = (state: Job['state']): number => data.jobs.filter((job) => job.state === state).length;
        const all = ['queued', 'running', 'paused', 'done', 'failed', 'cancelled', 'aside'] as const;
        const counts = Object.fromEntries(all.map((state) => [state, count(state)])) as Record<
          Job['state'],
          number
        >;
        return { jobs, counts };
      },
      restore: ({ photos, choice, mask }) => {
        const jobs = photos.map((photo) => add('restore', titleOf(photo), { photo }));
        for (const job of jobs) data.asked.set(job, { choice, mask });
        return { jobs };
      },
      findFaces: ({ photos }) => ({ jobs: photos.map((photo) => add('faces', titleOf(photo), { photo })) }),
      finetune: ({ person }) => ({
        jobs: [add('finetune', data.people.find(({ id }) => id === person)?.name ?? '', { person })],
      }),
      estimate: ({ choice }) => ({
        seconds: choice.recipe === 'fast' ? 180 : 7200,
        steps: choice.steps ?? (choice.recipe === 'fast' ? 400 : 5000),
      }),
      pause: ({ jobs }) => move(jobs, 'paused'),
      resume: ({ jobs }) => move(jobs, 'queued'),
      cancel: ({ jobs }) => move(jobs, 'cancelled'),
      retry: ({ jobs }) => move(jobs, 'queued'),
      move: () => undefined,
      clear: ({ jobs }) => {
        const kept = data.jobs.filter(
          ({ id, state }) => ['queued', 'running', 'paused'].includes(state) || (jobs && !jobs.includes(id)),
        );
        data.jobs.splice(0, data.jobs.length, ...kept);
        tell('jobs');
        return undefined;
      },
      async *watch(_, { signal }) {
        const live = changes.subscribe(signal);
        yield* data.jobs;
        yield* live;
      },
      previews: (_, { signal }) => previews.subscribe(signal),
      async *losses(_, { signal }) {
        for (let i = 1; i <= 80 && !signal.aborted; i++) {
          const luck = (i * 0.61803) % 1;
          const point: LossPoint = {
            step: 5 * i,
            loss: (0.02 + 0.03 * Math.exp(-i / 8)) * (0.5 + luck),
            heldOut: i % 5 ? null : 0.024 + 0.025 * Math.exp(-i / 9),
          };
          yield [point];
          await new Promise((resolve) => setTimeout(resolve, stepMs / 4));
        }
      },
    },
    exports: {
      presets: () => PRESETS,
      savePreset: ({ name, form }) => {
        const preset = { id: `preset-${PRESETS.length}`, name, form, builtIn: false };
        PRESETS.push(preset);
        return preset;
      },
      deletePreset: () => undefined,
      targets: () => [{ id: 'target-0', title: '/home/me/Pictures/Restored', writable: true }],
      preview: ({ photos, form }) => ({
        files: photos.slice(0, 100).map((photo) => ({
          photo,
          path: `${titleOf(photo).replace(/\.\w+$/, '')}.${form.format === 'same' ? 'jpg' : form.format}`,
          bytes: 2e6,
        })),
        count: photos.length,
        bytes: 2e6 * photos.length,
      }),
      start: ({ photos }) => ({ job: add('export', `${photos.length} photos`) }),
    },
    models: modelsOf(stepMs),
    settings: {
      get: () => data.settings,
      set: (edit) => {
        data.settings = { ...data.settings, ...given(edit) };
        tell('settings');
        return data.settings;
      },
      about: () => ({
        version: '0.1.0',
        platform: 'test',
        cores: 2,
        device: {
          chosen: 'cpu',
          threads: 2,
          trials: [
            { provider: 'webgpu', outcome: 'unavailable', reason: 'no GPU was found.' },
            { provider: 'cpu', outcome: 'chosen', reason: 'the processor is always there.' },
          ],
        },
        cache: { bytes: 3e8, limit: data.settings.cacheBytes },
      }),
      emptyCache: () => undefined,
      diagnostics: () => 'Albumen 0.1.0',
    },
  };
}

const form: ExportForm = {
  format: 'same',
  quality: 92,
  depth: 8,
  longest: null,
  nameTemplate: '{name} restored',
  keepTree: true,
  collisions: 'number',
};
const PRESETS: ExportPreset[] = [
  {
    id: 'preset-archive',
    name: 'Archive (TIFF, 16 bit)',
    form: { ...form, format: 'tiff', depth: 16 },
    builtIn: true,
  },
  {
    id: 'preset-share',
    name: 'Share (JPEG, 2048 px)',
    form: { ...form, format: 'jpeg', quality: 88, longest: 2048 },
    builtIn: true,
  },
];

function renditionOf(data: FakeData, photo: string, job: string): Rendition {
  const { width, height } = data.photos.find(({ id }) => id === photo) ?? {};
  const choice = data.asked.get(job)?.choice;
  const size = { width: width ?? 1200, height: height ?? 900, bytes: 1e6 };
  const how = {
    strength: choice?.strength ?? 150,
    steps: choice?.steps ?? STEPS,
    sampler: 'ddim',
    seed: choice?.seed ?? 0,
    model: 'face-128',
    people: choice?.prior.kind === 'person' ? [choice.prior.person] : [],
    generative: choice?.prior.kind === 'generative',
  };
  const rest = { evidence: [], hasVariation: false, chosen: true, rating: 0, note: '' };
  return {
    id: `rendition-${job}`,
    photo,
    job,
    created: Date.UTC(2026, 10, 24) + data.renditions.length,
    ...size,
    ...how,
    ...rest,
  };
}

async function previewOf(data: FakeData, job: Job, step: number): Promise<Preview> {
  const face = data.faces.find(({ photo }) => photo === job.photo);
  const picture = Buffer.from(pictureOf(step, 256, 256));
  const image = await sharp(picture).webp().toBuffer();
  const box = face?.box ?? { left: 100, top: 100, width: 300, height: 300 };
  const [x, y, right, bottom] = [box.left, box.top, box.left + box.width, box.top + box.height];
  const corners = [
    { x, y },
    { x: right, y },
    { x: right, y: bottom },
    { x, y: bottom },
  ] as const;
  const place = {
    face: face?.id ?? null,
    corners: [...corners] as [
      { x: number; y: number },
      { x: number; y: number },
      { x: number; y: number },
      { x: number; y: number },
    ],
  };
  return { job: job.id, run: 1, step, of: STEPS, ...place, mime: 'image/webp', image: new Uint8Array(image) };
}
