/**
 * A workload of scans, face searches, restorations, finetunes and exports through the real processes, which are killed at
 * random moments; then everything is looked at. crash.test.ts runs it.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { UserError } from '../../src/domain/errors.ts';
import type { Job } from '../../src/domain/job.ts';
import { random as randomOf } from '../../src/imaging/random.ts';
import { openStudio, photoWithFace, quick, scanAll, useTiny } from './studio.ts';
import type { OpenStudio, Places } from './studio.ts';

export interface CrashRun {
  /** Of processes, by which. */
  readonly kills: { library: number; engine: number };
  /** Every job that a call has answered, by its kind. */
  readonly asked: Map<string, 'faces' | 'restore' | 'finetune' | 'export'>;
  /** What each export job was asked to write, and where. */
  readonly exports: Map<string, { readonly folder: string; readonly files: number }>;
  readonly jobs: readonly Job[];
  /** SHA-256 of each original, before. */
  readonly originals: ReadonlyMap<string, string>;
}

const PHOTOS = 6;
/** Of finetunes: long enough to be killed in the middle. */
const STEPS = 12;

/** Kills `kills` times, then lets everything come to its end. Throws where it does not. */
export async function crashRun(at: Places, kills: number, seed: number): Promise<CrashRun> {
  const source = randomOf(seed, 0);
  const random = (): number => source.uniform();
  for (let n = 0; n < PHOTOS; n++) await photoWithFace(join(at.photos, `photo ${n}.jpg`), n);
  const originals = hashesIn(at.photos);
  const run: CrashRun = {
    ...{ kills: { library: 0, engine: 0 }, asked: new Map(), exports: new Map() },
    ...{ jobs: [], originals },
  };
  let studio = open(at);
  await prepare(studio, at);
  for (let n = 0; n < kills; n++) {
    // some work, in a random order, while it is being killed
    const asking = ask(studio, at, run, random).catch(passLost);
    // now and then while it is still starting
    if (random() < 0.8) await asking;
    await setTimeout(random() * 1500);
    const engine = random() < 0.5 ? await engineOf(studio) : undefined;
    if (engine !== undefined) {
      kill(engine);
      run.kills.engine++;
    } else {
      studio.library.child.kill('SIGKILL');
      await studio.library.gone;
      run.kills.library++;
    }
    await asking;
    if (engine === undefined) studio = open(at);
  }
  await ask(studio, at, run, random);
  const jobs = await settled(studio);
  await studio.library.close();
  return { ...run, jobs };
}

function open(at: Places): OpenStudio {
  return openStudio(at.data, { steps: STEPS, logLevel: 'info' });
}

/** Photos with faces, and a person with an album. */
async function prepare(studio: OpenStudio, at: Places): Promise<void> {
  const { window, host } = studio;
  await useTiny(studio);
  await host.libraryHost.addFolder({ path: at.photos });
  await scanAll(studio);
  const ids = await window.photos.ids({ limit: 100 });
  const { jobs } = await window.jobs.findFaces({ photos: ids });
  while ((await window.jobs.list({ limit: 10, states: ['queued', 'running'] })).jobs.length > 0)
    await setTimeout(100);
  const faces = (await Promise.all(ids.map((photo) => window.people.inPhoto({ photo })))).flat();
  if (faces.length !== PHOTOS) throw new Error(`${faces.length} faces after ${jobs.length} job`);
  const person = await window.people.create({ name: 'anna', faces: faces.map(({ id }) => id) });
  await window.albums.set({ person: person.id, faces: faces.map(({ id }) => id) });
}

/** One or two things of each kind, some of them. */
async function ask(
  { window, host }: OpenStudio,
  at: Places,
  run: CrashRun,
  random: () => number,
): Promise<void> {
  const photos = await window.photos.ids({ limit: 100 });
  const some = (): string[] => photos.filter(() => random() < 0.4);
  const chances = [random(), random(), random(), random(), random()];
  if (chances[0]! < 0.4) void scanAll({ window } as OpenStudio).catch(passLost);
  if (chances[1]! < 0.3) remember(run, 'faces', await window.jobs.findFaces({ photos: some() }));
  if (chances[2]! < 0.9)
    remember(
      run,
      'restore',
      await window.jobs.restore({ photos: some(), choice: { ...quick, candidates: 2 } }),
    );
  if (chances[3]! < 0.4) {
    const [person] = await window.people.list({});
    const choice = { recipe: 'fast', weights: 'adapter' } as const;
    if (person) remember(run, 'finetune', await window.jobs.finetune({ person: person.id, choice }));
  }
  if (chances[4]! < 0.6) {
    const folder = join(at.out, `export ${run.exports.size}-${Math.floor(random() * 1e9)}`);
    mkdirSync(folder);
    const target = await host.files.addTarget({ path: folder });
    const [share] = await window.exports.presets();
    const form = {
      ...share!.form,
      format: random() < 0.5 ? 'png' : 'same',
      longest: random() < 0.5 ? 64 : null,
    } as const;
    const { job } = await window.exports.start({ photos, what: 'original-too', form, target: target.id });
    run.asked.set(job, 'export');
    run.exports.set(job, { folder, files: photos.length });
  }
}

function remember(run: CrashRun, kind: 'faces' | 'restore' | 'finetune', { jobs }: { jobs: string[] }): void {
  for (const job of jobs) run.asked.set(job, kind);
}

/** Whoever asks while a process dies hears that the line is cut. */
function passLost(error: unknown): void {
  if (error instanceof UserError && ['disconnected', 'cancelled'].includes(error.code)) return;
  throw error;
}

/** Waits until nothing is queued, at work or set aside any more. */
async function settled({ window }: OpenStudio): Promise<Job[]> {
  for (;;) {
    const { jobs } = await window.jobs.list({ limit: 500 });
    const aside = jobs.filter(({ state }) => state === 'aside').map(({ id }) => id);
    if (aside.length > 0) await window.jobs.retry({ jobs: aside });
    else if (jobs.every(({ state }) => ['done', 'failed', 'cancelled'].includes(state))) return jobs;
    await setTimeout(200);
  }
}

/** The engine is the library's child; it is there a while after there is work for it. */
async function engineOf({ library }: OpenStudio): Promise<number | undefined> {
  for (let tries = 0; tries < 20; tries++) {
    const child = childOf(library.child.pid);
    if (child !== undefined) return child;
    await setTimeout(200);
  }
  return undefined;
}

function childOf(pid: number | undefined): number | undefined {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.find(([, parent]) => parent === pid)?.[0];
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // it has just ended by itself
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** SHA-256 of every file below a folder, by its path there. */
export function hashesIn(folder: string): Map<string, string> {
  return new Map(
    filesIn(folder).map((path) => [
      path,
      createHash('sha256')
        .update(readFileSync(join(folder, path)))
        .digest('hex'),
    ]),
  );
}

/** Every file below a folder, by its path there. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}
