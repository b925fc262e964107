/**
 * Which detector and which recogniser an option means: an id of the registry, or a file; by default the bundled one, or one
 * that is installed. restore/equipment.ts, album-photos.ts and commands/faces.ts open them.
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { KIND_NAMES } from '../domain/catalog.ts';
import type { ModelKind } from '../domain/catalog.ts';
import { UserError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
import { sureScore } from '../restoration/detector-facts.ts';
import { BUNDLED_DETECTOR } from '../restoration/detectors.ts';
import type { DetectorChoice } from '../restoration/detectors.ts';
import type { InstalledModel } from '../services/models/installed.ts';
import { readRegistry } from './registry.ts';

/** A detector, and where its file is. */
export interface FoundDetector {
  readonly choice: DetectorChoice;
  readonly path: string;
  readonly sure: number;
}

/** `--detector`: an id, else a YuNet file; by default the bundled one, else one that is installed. */
export function findDetector(asked: string | undefined, env: NodeJS.ProcessEnv): FoundDetector {
  const bundled = (): FoundDetector => ({ choice: 'bundled', path: BUNDLED_DETECTOR, sure: sureScore() });
  const model = asked === undefined ? undefined : findModel(asked, 'face-detector', env);
  if (model) return model.origin === 'bundled' ? bundled() : yunet(model.path);
  if (asked !== undefined) return yunet(asked);
  const installed = readRegistry(env).models.filter(({ kind }) => kind === 'face-detector');
  if (statSync(BUNDLED_DETECTOR, { throwIfNoEntry: false })?.isFile()) return bundled();
  const [first] = installed;
  if (first) return yunet(first.path);
  throw new UserError(
    'model.unknown',
    'There is no face detector to find faces with.',
    'Get one with: albumen models download yunet. Or place the faces by hand with --face-at.',
  );
}

function yunet(path: string): FoundDetector {
  return { choice: { yunet: path }, path, sure: 0 };
}

/** `--recogniser`: an id, else a file, or none; by default one that is installed. */
export function findRecogniser(
  asked: string | undefined,
  env: NodeJS.ProcessEnv,
): { readonly path: string; readonly name: string } | undefined {
  if (asked === 'none') return undefined;
  if (asked === undefined) {
    const first = readRegistry(env).models.find(({ kind }) => kind === 'face-recogniser');
    return first && { path: first.path, name: first.id };
  }
  const model = findModel(asked, 'face-recogniser', env);
  return model ? { path: model.path, name: model.id } : { path: asked, name: basename(asked) };
}

/** Undefined where a file of that name is meant. Throws UserError for an id of another kind, or for what is neither. */
function findModel(asked: string, kind: ModelKind, env: NodeJS.ProcessEnv): InstalledModel | undefined {
  const { models, broken } = readRegistry(env);
  const model = models.find(({ id }) => id === asked);
  if (model?.kind === kind) return model;
  const wanted = `Give a ${KIND_NAMES[kind]}: an id that \`albumen models list\` shows, or an .onnx file.`;
  if (model)
    throw new UserError(
      'model.unsupported',
      `The model ${quoted(asked)} is a ${KIND_NAMES[model.kind]}.`,
      wanted,
    );
  const reason = broken.find(({ id }) => id === asked);
  if (reason) throw reason.error;
  if (statSync(asked, { throwIfNoEntry: false })?.isFile()) return undefined;
  throw new UserError('model.unknown', `There is no ${KIND_NAMES[kind]} called ${quoted(asked)}.`, wanted);
}
