/**
 * Options that several evaluations share, beside those of src/cli/options.ts; training/command.ts is the command they are
 * added to. ../eval-prior.ts uses all of them.
 */
import { join } from 'node:path';
import { Option } from 'commander';
import { number } from '../../training/command.ts';

export const BUNDLED_PRIOR = join(import.meta.dirname, '../../resources/models/face-128/prior.safetensors');

export const facesOption = (): Option =>
  new Option(
    '--faces <folder>',
    'aligned faces, with their table beside the folder as FOLDER.csv',
  ).makeOptionMandatory();

export const netsOption = (): Option =>
  new Option(
    '--nets <folder>',
    'the networks that find and tell faces: yunet_n_dynamic.onnx and mobilefacenet.onnx',
  ).makeOptionMandatory();

export const priorOption = (): Option =>
  new Option('--prior <file>', 'the checkpoint of the prior').default(BUNDLED_PRIOR, 'the bundled face-128');

export const sharpnessOption = (): Option =>
  new Option('--sharpness <n>', 'least variance of the Laplacian of a truth at 128 px')
    .argParser(number(0))
    .default(150);

export const minutesOption = (): Option =>
  new Option('--minutes <n>', 'begin nothing new after so long; 0 prints the tables of what is there')
    .argParser(number(0))
    .default(1000);

/** `name` as `--out` has it where nothing is said. */
export const outOption = (name: string): Option =>
  new Option('--out <file>', 'where findings are kept; the same command goes on from there').default(name);
