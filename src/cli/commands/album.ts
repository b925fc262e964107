/**
 * `albumen album generate`: the generative album of one photo as a folder of pictures, to look at or to finetune on.
 * albums.ts writes them; engine/album.ts is the method.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import { counted } from '../../domain/text.ts';
import { fileHash } from '../../engine/adapter-file.ts';
import { guidanceForms } from '../../engine/diffusion/guidance.ts';
import type { GuidanceForm } from '../../engine/diffusion/guidance.ts';
import type { Device } from '../../engine/runtime/providers.ts';
import { readAlignedCrop } from '../../imaging/read.ts';
import { albumImage, generateInto } from '../albums.ts';
import type { Host } from '../host.ts';
import { LateRuntime } from '../late-runtime.ts';
import {
  DEFAULT_MODEL,
  configOption,
  deviceOption,
  jsonOption,
  seedOption,
  threadsOption,
  whole,
} from '../options.ts';
import { openChoice, resolveModel } from '../registry.ts';
import { duration } from '../ui.ts';

interface Options {
  readonly out: string;
  readonly albumSize: number;
  readonly form: GuidanceForm;
  readonly steps?: number;
  readonly strength: number;
  readonly seed: number;
  readonly model: string;
  readonly config?: string;
  readonly device: Device;
  readonly threads?: number;
}

export function addAlbum(program: Command, host: Host): void {
  const album = program.command('album').description('make albums').helpCommand(false);
  album
    .command('generate')
    .description('make clean pictures that look like a degraded photo')
    .argument('<photo>', 'an aligned, square face crop')
    .requiredOption('--out <folder>', 'where the pictures go; those that are there are not made again')
    .addOption(new Option('--album-size <n>', 'how many').argParser(whole(1, 1000)).default(16))
    .addOption(
      new Option('--form <name>', "of the guidance: the published code's, or the paper's equation")
        .choices(Object.keys(guidanceForms))
        .default('published' satisfies GuidanceForm),
    )
    .addOption(
      new Option(
        '--steps <n>',
        'network evaluations an image (default: one for each noise step of the model)',
      ).argParser(whole(1, 65536)),
    )
    .addOption(
      new Option('--strength <K>', 'noise steps that form paper begins from')
        .argParser(whole(1, 65536))
        .default(200),
    )
    .addOption(seedOption())
    .addOption(new Option('--model <id or file>', 'the prior').default(DEFAULT_MODEL))
    .addOption(configOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action((photo: string, options: Options) => generate(photo, options, host));
}

async function generate(path: string, options: Options, host: Host): Promise<void> {
  const { ui, env, signal } = host;
  const start = performance.now();
  const choice = resolveModel(options.model, options.config, env);
  using prior = openChoice(choice);
  const { data: photo } = await readAlignedCrop(path, prior.config.imageSize);
  const base = { id: choice.name, sha256: await fileHash(choice.path, signal) };
  const { out, albumSize: size, form, steps, strength, seed } = options;
  await using opened = new LateRuntime(options, ui.note.bind(ui));
  const made = await generateInto(
    {
      ...{ prior, base, photo, size, folder: out, how: { form, steps, strength, seed } },
      runtime: () => opened.open(),
    },
    host,
  );
  const before = made < size ? `, ${size - made} of them were there before` : '';
  ui.out(`${out}: ${counted(size, 'image')}${before} (${duration(performance.now() - start)})`);
  const images = Array.from({ length: size }, (_, i) => albumImage(out, i));
  ui.document({ ok: true, photo: path, folder: out, images, made, form, steps: steps ?? null, seed });
}
