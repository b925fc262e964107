/**
 * The options of `albumen restore`, and which of them go together. ../commands/restore.ts reads them; whole.ts, aligned.ts
 * and repeat.ts do the work.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import { UserError } from '../../domain/errors.ts';
import { MAX_CANDIDATES } from '../../domain/recipe.ts';
import type { SamplerName } from '../../engine/diffusion/samplers/index.ts';
import type { Device } from '../../engine/runtime/providers.ts';
import type { PhotoFormat } from '../../imaging/photograph.ts';
import type { RepairSettings } from '../../imaging/repair/settings.ts';
import type { Placed } from '../../restoration/plan.ts';
import {
  DEFAULT_MODEL,
  configOption,
  deviceOption,
  fraction,
  jsonOption,
  samplerOption,
  seedOption,
  threadsOption,
  whole,
} from '../options.ts';
import { addPersonalOptions } from '../personal.ts';
import type { PersonalOptions } from '../personal.ts';
import { checkTemplate } from './names.ts';
import { USUAL_REPAIR, parseFace, parseFaceAt, parseRepair, parseSquare } from './parse.ts';
import type { FaceOption } from './parse.ts';

export interface RestoreOptions extends Omit<PersonalOptions, 'strength'> {
  readonly out: string;
  readonly model: string;
  readonly config?: string;
  readonly strength?: number;
  readonly steps?: number;
  readonly sampler?: SamplerName;
  readonly eta?: number;
  readonly seed: number;
  readonly candidates: number;
  readonly device: Device;
  readonly threads?: number;
  readonly aligned?: true;
  readonly overwrite?: true;
  readonly face?: readonly FaceOption[];
  readonly faceAt?: readonly Placed[];
  readonly square?: readonly Placed[];
  /** True where it is given without numbers. */
  readonly repair?: true | (RepairSettings & { readonly neutral?: boolean });
  readonly mask?: string;
  readonly saveMask?: true;
  readonly detector?: string;
  readonly recogniser?: string;
  readonly format?: PhotoFormat;
  readonly quality?: number;
  readonly name: string;
  readonly variation?: true;
  readonly recipe?: string;
}

const FORMATS = ['jpeg', 'png', 'tiff', 'webp', 'avif'] as const satisfies readonly PhotoFormat[];
export const DEFAULT_NAME = '{name}.restored';

export function addRestoreOptions(command: Command): Command {
  command
    .addOption(
      new Option('--out <folder>', 'where results go; originals are never written').makeOptionMandatory(),
    )
    .addOption(new Option('--model <id or file>', 'the prior to restore with').default(DEFAULT_MODEL))
    .addOption(configOption())
    .addOption(
      new Option(
        '--strength <K>',
        'noise steps, 0 to 1000: more repairs more and keeps less of the photo (default: 100; 200 with --aligned)',
      ).argParser(whole(0, 65536)),
    )
    .addOption(samplerOption())
    .addOption(
      new Option(
        '--steps <n>',
        'sampling steps (default: 8; 20 with dpmpp-sde; as many as the strength with ddpm)',
      ).argParser(whole(1, 65536)),
    )
    .addOption(
      new Option('--eta <x>', 'fresh noise of ddim (default 0) and dpmpp-sde (default 1), 0 to 1').argParser(
        fraction,
      ),
    )
    .addOption(seedOption())
    .addOption(
      new Option('--candidates <n>', 'results per photo').argParser(whole(1, MAX_CANDIDATES)).default(1),
    )
    .option('--variation', 'with candidates: write a picture of where they differ (always with --aligned)');
  addPersonalOptions(command);
  addWholeOptions(command);
  return command
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--aligned', 'the pictures are aligned, square crops of one face each, not whole photos')
    .option('--overwrite', 'replace earlier results instead of skipping them')
    .addOption(jsonOption());
}

function addWholeOptions(command: Command): void {
  command
    .addOption(
      new Option(
        '--face <n:choices>',
        'for one face: off, on, strength=K, seed=N, candidate=N, person=NAME',
      ).argParser(parseFace),
    )
    .addOption(
      new Option('--face-at <x,y,x,y,x,y>', 'a face placed by hand: its eyes and its mouth').argParser(
        parseFaceAt,
      ),
    )
    .addOption(
      new Option(
        '--square <x,y,side>',
        'a square that is no face, by its centre; a fourth number turns it',
      ).argParser(parseSquare),
    )
    .addOption(
      new Option(
        '--repair [parts]',
        `repair the print (alone: tone=${USUAL_REPAIR.tone},scratches=${USUAL_REPAIR.scratches},denoise=${USUAL_REPAIR.denoise})`,
      ).argParser(parseRepair),
    )
    .option('--mask <file>', 'an edited damage mask, white where the photo is damaged')
    .option('--save-mask', 'write the damage mask that was used')
    .option('--detector <id or file>', 'who finds the faces; none: nobody (default: the bundled one)')
    .option('--recogniser <id or file>', 'who judges likeness; none: nobody (default: an installed one)')
    .addOption(new Option('--format <name>', "of the results (default: the photo's)").choices(FORMATS))
    .addOption(new Option('--quality <q>', 'of JPEG, WebP and AVIF, 1 to 100').argParser(whole(1, 100)))
    .addOption(
      new Option('--name <template>', 'names of the results, from {name}, {n} and {date}')
        .argParser(checkTemplate)
        .default(DEFAULT_NAME),
    )
    .option('--recipe <file>', 'make a restored photo again, as its .recipe.json or the photo itself says');
}

/** Options that say where and with what, and not what the picture is to be: all that goes with --recipe. */
const WITH_RECIPE: readonly string[] = [
  ...[
    'out',
    'model',
    'config',
    'device',
    'threads',
    'overwrite',
    'json',
    'recipe',
    'mask',
    'name',
    'recogniser',
  ],
];
const NOT_WITH_ALIGNED: readonly string[] = [
  ...['face', 'faceAt', 'square', 'repair', 'mask', 'saveMask', 'detector', 'recogniser'],
  ...['format', 'quality', 'name', 'recipe', 'variation'],
];
/** What belongs to one photo. */
const ONE_PHOTO = ['face', 'faceAt', 'square', 'mask'] as const;

/** Throws `usage` for options that do not go together. */
export function checkRestoreOptions(command: Command, options: RestoreOptions): void {
  const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const refuse = (name: string, why: string): never => {
    const flag = command.options.find((option) => option.attributeName() === name)?.long ?? name;
    throw new UserError('usage', `${flag} means nothing ${why}.`, 'Leave it out.');
  };
  if (options.aligned) for (const name of NOT_WITH_ALIGNED) if (given(name)) refuse(name, 'with --aligned');
  if (options.recipe !== undefined)
    for (const option of command.options) {
      const name = option.attributeName();
      if (given(name) && !WITH_RECIPE.includes(name)) refuse(name, 'with --recipe, which says it already');
    }
  if (options.variation && options.candidates === 1) refuse('variation', 'without --candidates');
  const repaired =
    options.repair === true || (options.repair?.scratches ?? 0) > 0 || options.mask !== undefined;
  if (options.saveMask && !repaired) refuse('saveMask', 'without --repair');
}

/** Throws `usage` where what belongs to one photo is given for several. */
export function checkOnePhoto(options: RestoreOptions, photos: number): void {
  if (photos < 2) return;
  const name = ONE_PHOTO.find((one) => options[one] !== undefined);
  if (name === undefined) return;
  throw new UserError(
    'usage',
    `--${name === 'faceAt' ? 'face-at' : name} is for one photo, and there are ${photos}.`,
    'Restore that photo alone.',
  );
}
