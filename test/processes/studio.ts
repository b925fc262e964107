/**
 * A studio for tests: real processes on folders of their own, a prior so small that work takes a blink, and photos with a
 * face that the bundled detector finds. Everything is removed at the end of the test file.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { onTestFailed } from 'vitest';
import { connect } from '../../src/contract/client.ts';
import { forHosts, forWindows } from '../../src/contract/studio.ts';
import type { Job } from '../../src/domain/job.ts';
import type { GivenOptions } from '../../src/processes/options.ts';
import { startLibrary } from '../../src/processes/start.ts';
import type { LibraryProcess } from '../../src/processes/start.ts';
import { temporaryFolder } from '../folders.ts';

const root = join(import.meta.dirname, '../..');
const golden = join(root, 'test/fixtures/golden');
export const demoFace = join(root, 'resources/demo/face.png');

/** Of people who are in a hurry. */
export const quick = {
  strength: 20,
  steps: 2,
  seed: 1,
  candidates: 1,
  prior: { kind: 'prior' },
  repair: { tone: 0, scratches: 0, denoise: 0 },
  faces: [] as [],
} as const;

export interface Places {
  readonly data: string;
  readonly photos: string;
  readonly out: string;
}

/** Empty folders, and the small prior as the model `tiny`. */
export function places(): Places {
  const folder = temporaryFolder();
  const at = { data: join(folder, 'data'), photos: join(folder, 'photos'), out: join(folder, 'out') };
  for (const path of Object.values(at)) mkdirSync(path);
  const model = join(at.data, 'models', 'tiny');
  mkdirSync(model, { recursive: true });
  copyFileSync(join(golden, 'adm-plain.pt'), join(model, 'adm-plain.pt'));
  const hints = JSON.parse(readFileSync(join(golden, 'adm-plain.json'), 'utf8')) as object;
  const entry = { ...hints, id: 'tiny', kind: 'prior', title: 'A small prior', weights: 'adm-plain.pt' };
  writeFileSync(join(model, 'model.json'), JSON.stringify(entry));
  return at;
}

/** A photo with a face of about 80 pixels; `n` makes each another. */
export async function photoWithFace(path: string, n: number): Promise<void> {
  const face = await sharp(demoFace).resize(160, 160).toBuffer();
  const background = { r: 90 + 7 * (n % 20), g: 110, b: 100 + 5 * (n % 30) };
  await sharp({ create: { width: 320, height: 240, channels: 3, background } })
    .composite([{ input: face, left: 40 + (n % 40), top: 30 }])
    .jpeg({ quality: 92 })
    .toFile(path);
}

export interface OpenStudio {
  readonly library: LibraryProcess;
  readonly host: ReturnType<typeof connect<typeof forHosts>>['client'];
  readonly window: ReturnType<typeof connect<typeof forWindows>>['client'];
}

/** Within a test: where it fails, its logs are shown. */
export function openStudio(data: string, options: Partial<GivenOptions> = {}): OpenStudio {
  onTestFailed(() => {
    for (const name of ['library', 'engine']) {
      const log = join(data, 'logs', `${name}.log`);
      if (existsSync(log)) process.stdout.write(`--- ${name} ---\n${readFileSync(log, 'utf8').slice(-8000)}`);
    }
  });
  return startStudio(data, options);
}

export function startStudio(data: string, options: Partial<GivenOptions> = {}): OpenStudio {
  const library = startLibrary({ data, watch: false, steps: 4, logLevel: 'debug', ...options });
  return {
    library,
    host: connect(forHosts, library.open('host')).client,
    window: connect(forWindows, library.open('window-1')).client,
  };
}

/** The small prior on one thread of the processor. */
export async function useTiny({ window }: OpenStudio): Promise<void> {
  await window.settings.set({ model: 'tiny', device: 'cpu', threads: 1 });
}

/** A scan of everything, to its end. */
export async function scanAll({ window }: OpenStudio): Promise<void> {
  for await (const _ of window.library.scan({})) continue;
}

/** Waits until a job is in one of these states. */
export async function until(
  { window }: OpenStudio,
  id: string,
  states: readonly Job['state'][] = ['done', 'failed', 'cancelled', 'aside'],
): Promise<Job> {
  for await (const job of window.jobs.watch({})) if (job.id === id && states.includes(job.state)) return job;
  throw new Error('the stream of jobs has ended');
}
