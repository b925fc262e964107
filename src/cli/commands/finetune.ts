/**
 * `albumen finetune`: constrains a prior to one person, by photos of them. finetuning.ts does it and keeps what is needed
 * to go on after Ctrl-C or a crash; docs/cli.md is the user's side of this.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { UserError } from '../../domain/errors.ts';
import { fileHash } from '../../engine/adapter-file.ts';
import type { Recipe } from '../../engine/finetune/recipes.ts';
import type { Device } from '../../engine/runtime/providers.ts';
import { readAlbum } from '../albums.ts';
import { finetuneInto } from '../finetuning.ts';
import type { Host } from '../host.ts';
import { LateRuntime } from '../late-runtime.ts';
import {
  DEFAULT_MODEL,
  configOption,
  deviceOption,
  iterationsOption,
  jsonOption,
  recipeOption,
  seedOption,
  threadsOption,
  whole,
} from '../options.ts';
import { peopleFolder, personId } from '../people.ts';
import { recipeOf, whatOf } from '../personal.ts';
import { openChoice, resolveModel } from '../registry.ts';
import { duration } from '../ui.ts';

interface Options {
  readonly photos: string;
  readonly model: string;
  readonly config?: string;
  readonly recipe?: Recipe['name'];
  readonly full?: true;
  readonly strength: number;
  readonly iterations?: number;
  readonly seed: number;
  readonly previewEvery: number;
  readonly device: Device;
  readonly threads?: number;
  readonly overwrite?: true;
}

export function addFinetune(program: Command, host: Host): void {
  program
    .command('finetune')
    .description('constrain a prior to a person, for: restore --album NAME')
    .argument('<name>', 'what to call the person')
    .requiredOption(
      '--photos <folder>',
      'photos of the person, or aligned, square crops of the face: 2 or more, better 20',
    )
    .addOption(new Option('--model <id or file>', 'the prior to begin from').default(DEFAULT_MODEL))
    .addOption(configOption())
    .addOption(recipeOption('--recipe'))
    .option('--full', 'change all weights, as published, instead of adding an adapter of a few MB')
    .addOption(
      new Option('--strength <K>', 'the greatest strength restore will use; fast learns little beyond it')
        .argParser(whole(1, 65536))
        .default(200),
    )
    .addOption(iterationsOption())
    .addOption(seedOption())
    .addOption(
      new Option('--preview-every <n>', 'steps between pictures of what the prior has learned; 0: none')
        .argParser(whole(0, 1_000_000))
        .default(0),
    )
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--overwrite', 'replace what was finetuned under this name')
    .addOption(jsonOption())
    .action((name: string, options: Options) => finetunePerson(name, options, host));
}

async function finetunePerson(text: string, options: Options, host: Host): Promise<void> {
  const { ui, env, signal } = host;
  const start = performance.now();
  const name = personId(text);
  const choice = resolveModel(options.model, options.config, env);
  using prior = openChoice(choice);
  const { T } = prior.schedule;
  if (options.strength > T)
    throw new UserError(
      'usage',
      `The strength is ${options.strength}, but this model has ${T} noise steps.`,
      'Choose less; 200 is the usual strength.',
    );
  const album = await readAlbum(options.photos, prior.config.imageSize, host);
  const base = { id: choice.name, sha256: await fileHash(choice.path, signal) };
  const { recipe: albumRecipe, iterations, strength } = options;
  const asked = {
    strength,
    ...(albumRecipe && { albumRecipe }),
    ...(iterations !== undefined && { iterations }),
  };
  const recipe = recipeOf(asked, 'personal', options.full && 'full');
  const folder = join(peopleFolder(env), name);

  await using opened = new LateRuntime(options, ui.note.bind(ui));
  const { person, done } = await finetuneInto(
    {
      ...{ prior, base, album, recipe, seed: options.seed, folder, name },
      ...{ strength: Math.min(options.strength, T), previewEvery: options.previewEvery },
      ...{ overwrite: options.overwrite === true, runtime: () => opened.open() },
    },
    host,
  );
  const took = done === 'now' ? `(${duration(performance.now() - start)})` : '(it was done before)';
  ui.out(`Finetuned ${name}: ${whatOf(person)} ${took}`);
  if (person.stoppedEarly) ui.note('It ended early, as the held-out photos gained nothing any more.');
  ui.note(`Use it with: albumen restore PHOTO --out FOLDER --album ${name}`);
  const previews = join(folder, 'previews');
  ui.document({
    ok: true,
    name,
    done,
    folder,
    weights: join(folder, person.weights),
    ...(existsSync(previews) && { previews }),
    ...(opened.report && { device: opened.report.chosen }),
    base: person.base,
    recipe: person.recipe,
    seed: person.seed,
    photos: person.photos,
    steps: person.steps,
    stoppedEarly: person.stoppedEarly,
    best: person.best,
    losses: person.losses,
    heldOut: person.heldOut,
  });
}
