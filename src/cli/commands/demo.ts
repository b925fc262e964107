/**
 * `albumen demo`: the whole way in one command, for people who have just installed Albumen. A face that belongs to
 * nobody is damaged and then restored; the pictures tell what happened. Read restore.ts next.
 */
import { join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { invariant } from '../../domain/errors.ts';
import { DEFAULT_SAMPLER, stepsFor } from '../../domain/sampling.ts';
import { compileDenoiser } from '../../engine/prior.ts';
import { chooseRuntime } from '../../engine/runtime/providers.ts';
import type { Device } from '../../engine/runtime/providers.ts';
import { degrade } from '../../imaging/degrade.ts';
import type { Degradation } from '../../imaging/degrade.ts';
import { heatOverlay } from '../../imaging/heat.ts';
import { readAlignedCrop } from '../../imaging/read.ts';
import { contactSheet } from '../../imaging/sheet.ts';
import { writeImage } from '../../imaging/write.ts';
import type { Host } from '../host.ts';
import { DEFAULT_MODEL, deviceOption, jsonOption, threadsOption } from '../options.ts';
import { RESOURCES, openChoice, resolveModel } from '../registry.ts';
import { deviceLine, restoreOne } from '../restoring.ts';
import type { Recipe } from '../restoring.ts';
import { duration } from '../ui.ts';

interface Options {
  readonly out: string;
  readonly device: Device;
  readonly threads?: number;
}

/** What happens to the face: a small, soft, noisy, much-compressed picture. */
const DAMAGE: readonly Degradation[] = [
  { kind: 'blur', sigma: 0.7 },
  { kind: 'downscale', factor: 4 },
  { kind: 'noise', sigma: 4 },
  { kind: 'jpeg', quality: 60 },
];
const STRENGTH = 200;
const RECIPE: Recipe = {
  strength: STRENGTH,
  sampler: DEFAULT_SAMPLER,
  steps: stepsFor(DEFAULT_SAMPLER, STRENGTH),
  eta: undefined,
  seed: 1,
};
/** Several, to show where they differ. */
const CANDIDATES = 4;

export function addDemo(program: Command, host: Host): void {
  program
    .command('demo')
    .description('damage a made-up face, restore it, show both')
    .addOption(new Option('--out <folder>', 'where the pictures go').default('demo-out'))
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action((options: Options) => runDemo(options, host));
}

async function runDemo({ out, device, threads }: Options, { ui, env, signal }: Host): Promise<void> {
  const start = performance.now();
  const choice = resolveModel(DEFAULT_MODEL, undefined, env);
  using prior = openChoice(choice);
  const size = prior.config.imageSize;
  ui.note(
    `Model: ${choice.name}, ${(prior.parameters / 1e6).toFixed(1)} million parameters, ${size} x ${size}.`,
  );
  const { runtime, report } = await chooseRuntime(device, threads === undefined ? {} : { threads });
  await using _runtime = runtime;
  ui.note(deviceLine(report));

  const { data: original } = await readAlignedCrop(join(RESOURCES, 'demo/face.png'), size);
  const before = await degrade(original, DAMAGE, 1);
  ui.note(
    'Damaged a face that belongs to nobody (the prior made it up): blur, a quarter of the size, noise, JPEG.',
  );
  ui.note(
    `Restoring it ${CANDIDATES} times over: noise is added (${RECIPE.strength} of ${prior.schedule.T} steps), and the prior takes it away again in ${RECIPE.steps}.`,
  );
  const denoiser = await compileDenoiser(prior, runtime, CANDIDATES);
  const progress = ui.progress('restoring');
  const { candidates, variation } = await restoreOne(denoiser, before, RECIPE, { progress, signal });
  const [after] = candidates;
  invariant(after && variation, 'several candidates give a variation');

  const files = ['before.png', 'after.png', 'before-after.png'].map((name) => join(out, name));
  const [beforePath = '', afterPath = '', sheetPath = ''] = files;
  await writeImage(beforePath, before);
  await writeImage(afterPath, after);
  const sheet = [
    { image: before, label: 'before' },
    { image: after, label: 'after' },
    { image: heatOverlay(after, variation), label: 'made up: hot' },
    { image: original, label: 'the truth' },
  ];
  await writeImage(sheetPath, contactSheet(sheet, { zoom: 2 }));
  const milliseconds = performance.now() - start;
  tell(ui.out, sheetPath, files, milliseconds, size);
  ui.document({ ok: true, files, seconds: Number((milliseconds / 1000).toFixed(1)), device: report.chosen });
}

function tell(
  out: (line: string) => void,
  sheet: string,
  files: readonly string[],
  milliseconds: number,
  size: number,
): void {
  out(`Done in ${duration(milliseconds)}. Open ${sheet}: four pictures, left to right`);
  out('  before        the damaged face: all that the program was given');
  out('  after         the restored face');
  out(
    `  made up: hot  bright where ${CANDIDATES} restorations differ: there the detail was invented, not seen`,
  );
  out('  the truth     the face before the damage');
  out(`The first two are also in ${files.slice(0, 2).join(' and ')}.`);
  out('');
  out('Try a face of your own next: a square crop of one face, eyes level.');
  out('  npm run albumen -- restore FACE.jpg --out restored');
  out('  npm run albumen -- restore FACE.jpg --out stronger --strength 300 --candidates 4');
  out('  npm run albumen -- restore --help');
  out(
    `The bundled prior is small (${size} x ${size} pixels) and knows nobody: what it adds is plausible, not the person's own.`,
  );
}
