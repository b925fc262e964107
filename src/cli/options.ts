/**
 * Values of options, checked as they are parsed, and the options that several commands share.
 * The commands are in commands/.
 */
import { InvalidArgumentError, Option } from 'commander';
import { samplers } from '../engine/diffusion/samplers/index.ts';
import type { Recipe } from '../engine/finetune/recipes.ts';
import type { Device } from '../engine/runtime/providers.ts';

export const DEFAULT_MODEL = 'face-128';

const DEVICES = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const satisfies readonly Device[];

/** A parser for whole numbers from `low` to `high`. */
export function whole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= low && value <= high) return value;
    const bounds = high === Number.MAX_SAFE_INTEGER ? `of ${low} or more` : `from ${low} to ${high}`;
    throw new InvalidArgumentError(`It must be a whole number ${bounds}.`);
  };
}

/** A parser for numbers from 0 to 1. */
export function fraction(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}

export const jsonOption = (): Option =>
  new Option('--json', 'print one JSON document on stdout and nothing else there');

export const deviceOption = (): Option =>
  new Option('--device <name>', 'where to compute; falls back to the CPU').choices(DEVICES).default('auto');

export const threadsOption = (): Option =>
  new Option('--threads <n>', 'CPU threads (default: physical cores)').argParser(whole(1, 256));

export const configOption = (): Option =>
  new Option(
    '--config <file>',
    "the model's configuration, JSON (default: NAME.json, NAME.config.json, model.json or config.json beside it)",
  );

export const samplerOption = (): Option =>
  new Option(
    '--sampler <name>',
    'how to walk back from the noise; ddpm is the published method (default: ddim)',
  ).choices(Object.keys(samplers) satisfies string[]);

export const seedOption = (): Option =>
  new Option('--seed <n>', 'the same seed gives the same result')
    .argParser(whole(0, Number.MAX_SAFE_INTEGER))
    .default(0);

export const recipeOption = (flag: '--recipe' | '--album-recipe'): Option =>
  new Option(
    `${flag} <name>`,
    'of the finetune: fast (some minutes), or paper, as published (default: fast)',
  ).choices(['paper', 'fast'] satisfies Recipe['name'][]);

export const iterationsOption = (): Option =>
  new Option('--iterations <n>', "steps of the finetune, instead of the recipe's").argParser(
    whole(1, 1_000_000),
  );
