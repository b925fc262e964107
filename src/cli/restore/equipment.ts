/**
 * What whole photos are restored with, opened as the options say: model, device, detector, recogniser, people.
 * whole.ts and repeat.ts use it; restoration/ does the work.
 */
import { fileHash } from '../../engine/adapter-file.ts';
import type { Prior } from '../../engine/prior.ts';
import { chooseRuntime } from '../../engine/runtime/providers.ts';
import type { ProviderReport } from '../../engine/runtime/providers.ts';
import type { Runtime } from '../../engine/runtime/session.ts';
import type { Recogniser } from '../../faces/recogniser.ts';
import { openDetector } from '../../restoration/detectors.ts';
import type { OpenDetector } from '../../restoration/detectors.ts';
import { OpenNetworks } from '../../restoration/networks.ts';
import { openRecogniser } from '../../restoration/open-recogniser.ts';
import { findDetector, findRecogniser } from '../face-models.ts';
import type { FoundDetector } from '../face-models.ts';
import type { Host } from '../host.ts';
import type { PersonalOptions } from '../personal.ts';
import { openChoice } from '../registry.ts';
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
  { choice, path, sure }: FoundDetector,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<NonNullable<Workshop['detector']>> {
  const sha256 = await fileHash(path, signal);
  return { detector: await openDetector(choice, runtime), sha256, sure };
}

function threadsOf({ threads }: Pick<RestoreOptions, 'threads'>): { threads?: number } {
  return threads === undefined ? {} : { threads };
}
