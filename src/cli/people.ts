/**
 * The people a prior was finetuned to: people/NAME in the data folder, each with a person.json and the weights it names.
 * finetuning.ts writes such a folder (albums keep the same in albums/HASH), personal.ts restores with it.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { UserError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
import { slug } from './commands/models-add.ts';
import { readJson } from './json-file.ts';
import { dataFolder } from './registry.ts';

const Point = v.object({ step: v.number(), loss: v.number() });

/** What a person.json says. It is written last: where it is, the weights are whole. */
export const PersonFile = v.object({
  kind: v.literal('albumen-person'),
  name: v.string(),
  /** A file beside it: never a path. */
  weights: v.picklist(['adapter.safetensors', 'weights.safetensors']),
  base: v.object({ id: v.string(), sha256: v.string() }),
  recipe: v.looseObject({
    name: v.picklist(['paper', 'fast']),
    weights: v.picklist(['full', 'adapter']),
    steps: v.number(),
    timesteps: v.nullable(v.number()),
  }),
  seed: v.number(),
  photos: v.number(),
  /** Hash of base, photos, recipe and seed: the same command gives the same. */
  run: v.string(),
  steps: v.number(),
  stoppedEarly: v.boolean(),
  best: v.nullable(Point),
  losses: v.array(v.number()),
  heldOut: v.array(Point),
  created: v.string(),
});
export type Person = v.InferOutput<typeof PersonFile>;

export function readPerson(folder: string): Promise<Person | undefined> {
  return readJson(join(folder, 'person.json'), PersonFile);
}

export function peopleFolder(env: NodeJS.ProcessEnv): string {
  return join(dataFolder(env), 'people');
}

/** The folder name of a person; throws `usage` where nothing of the name is left. */
export function personId(name: string): string {
  const id = slug(name);
  if (id !== '') return id;
  throw new UserError(
    'usage',
    `No folder can be named after ${quoted(name)}.`,
    'Choose a name with letters from a to z, or digits.',
  );
}

/** Those whose finetune is done. */
export function knownPeople(env: NodeJS.ProcessEnv): string[] {
  const folder = peopleFolder(env);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((id) => existsSync(join(folder, id, 'person.json')))
    .sort();
}
