/**
 * A runtime that is opened, and told of, when there is work for it: a finetune or an album that was made before needs none.
 * commands/finetune.ts and commands/album.ts use it; engine/runtime/providers.ts chooses.
 */
import { chooseRuntime } from '../engine/runtime/providers.ts';
import type { Device, ProviderReport } from '../engine/runtime/providers.ts';
import type { Runtime } from '../engine/runtime/session.ts';
import { deviceLine } from './restoring.ts';

export class LateRuntime implements AsyncDisposable {
  report: ProviderReport | undefined;
  readonly #options: { readonly device: Device; readonly threads?: number };
  readonly #note: (line: string) => void;
  #runtime: Runtime | undefined;

  constructor(options: { readonly device: Device; readonly threads?: number }, note: (line: string) => void) {
    this.#options = options;
    this.#note = note;
  }

  async open(): Promise<Runtime> {
    if (this.#runtime) return this.#runtime;
    const { device, threads } = this.#options;
    const { runtime, report } = await chooseRuntime(device, threads === undefined ? {} : { threads });
    this.report = report;
    this.#note(deviceLine(report));
    this.#runtime = runtime;
    return runtime;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runtime?.release();
  }
}
