/**
 * What whole photos are restored with, opened as the options say: model, device, detector, recogniser, people.
 * whole.ts and repeat.ts use it; restoration/ does the work.
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { KIND_NAMES } from '../../domain/catalog.ts';
import type { ModelKind } from '../../domain/catalog.ts';
import { quoted } from '../../domain/text.ts';
import { fileHash } from '../../engine/adapter-file.ts';
import type { Prior } from '../../engine/prior.ts';
import { chooseRuntime } from '../../engine/runtime/providers.ts';
import type { ProviderReport } from '../../engine/runtime/providers.ts';
import type { Runtime } from '../../engine/runtime/session.ts';
import type { Recogniser } from '../../faces/recogniser.ts';
import { sureScore } from '../../restoration/detector-facts.ts';
import { BUNDLED_DETECTOR, openDetector } from '../../restoration/detectors.ts';
import type { OpenDetector } from '../../restoration/detectors.ts';
import { OpenNetworks } from '../../restoration/networks.ts';
import { openRecogniser } from '../../restoration/open-recogniser.ts';
import type { InstalledModel } from '../../services/models/installed.ts';
import type { Host } from '../host.ts';
import type { PersonalOptions } from '../personal.ts';
import { openChoice, readRegistry } from '../registry.ts';
import type { ModelChoice } from '../registry.ts';
import { deviceLine } from '../restoring.ts';
import type { RestoreOptions } from './options.ts';
import { Persons } from './persons.ts';

export interface Workshop extends AsyncDisposable {
  readonly prior: Prior;
  readonly base: { readonly id: string; readonly sha256: string };
  readonly runtime: Runtime;
  readonly report: ProviderReport;
  readonly networks: OpenNetworks;
  readonly persons: Persons;
  readonly recogniser?: Recogniser;
  readonly detector?: { readonly detector: OpenDetector; readonly sha256: string; readonly sure: number };
}

export interface WorkshopRequest {
  readonly choice: ModelChoice;
  readonly options: Pick<RestoreOptions, 'device' | 'threads' | 'detector' | 'recogniser'> & PersonalOptions;
  /** Whether faces are to be looked for: a detector is needed then. */
  readonly detect: boolean;
}

/** Throws UserError for what cannot be opened, so that no photo is begun. */
export async function openWorkshop(request: WorkshopRequest, host: Host): Promise<Workshop> {
  const { choice, options, detect } = request;
  const { signal, env } = host;
  await using opened = new AsyncDisposableStack();
  const prior = opened.use(openChoice(choice));
  const base = { id: choice.name, sha256: await fileHash(choice.path, signal) };
  const found = detect ? findDetector(options.detector, env) : undefined;
  const judge = findRecogniser(options.recogniser, env);
  const { runtime, report } = await chooseRuntime(options.device, threadsOf(options));
  opened.defer(() => runtime.release());
  host.ui.note(deviceLine(report));
  const persons = new Persons({ prior, base, runtime, options, host });
  const networks = opened.use(
    new OpenNetworks({ ...{ prior, base, runtime }, adapterFile: (sha256) => persons.fileOf(sha256) }),
  );
  const detector = found && (await detectorOf(found, runtime, signal));
  if (detector) opened.defer(() => detector.detector.release());
  const recogniser = judge === undefined ? undefined : await openRecogniser(judge.path, judge.name);
  if (recogniser) opened.defer(() => recogniser.release());
  const kept = opened.move();
  return {
    ...{ prior, base, runtime, report, networks, persons },
    ...(recogniser && { recogniser }),
    ...(detector && { detector }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function detectorOf(
  { choice, path, sure }: Found,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<NonNullable<Workshop['detector']>> {
  const sha256 = await fileHash(path, signal);
  return { detector: await openDetector(choice, runtime), sha256, sure };
}

function threadsOf({ threads }: Pick<RestoreOptions, 'threads'>): { threads?: number } {
  return threads === undefined ? {} : { threads };
}

interface Found {
  readonly choice: Parameters<typeof openDetector>[0];
  readonly path: string;
  readonly sure: number;
}

/** `--detector`: an id, else a YuNet file; by default the bundled one, else one that is installed. */
export function findDetector(asked: string | undefined, env: NodeJS.ProcessEnv): Found {
  const bundled = (): Found => ({ choice: 'bundled', path: BUNDLED_DETECTOR, sure: sureScore() });
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

function yunet(path: string): Found {
  return { choice: { yunet: path }, path, sure: 0 };
}

/** `--recogniser`: an id, else a file, or none; by default one that is installed. */
function findRecogniser(
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
