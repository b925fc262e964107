/**
 * `albumen models verify`: a model against golden figures of the published reference implementation.
 * engine/verify-golden.ts does the comparing; docs/cli.md describes the golden file.
 */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { counted } from '../../domain/text.ts';
import { chooseRuntime } from '../../engine/runtime/providers.ts';
import type { Device } from '../../engine/runtime/providers.ts';
import { verifyGolden } from '../../engine/verify-golden.ts';
import type { GoldenCheck } from '../../engine/verify-golden.ts';
import { checkHash } from '../../services/models/installed.ts';
import { EXIT } from '../exit.ts';
import type { ExitCode } from '../exit.ts';
import type { Host } from '../host.ts';
import { configOption, deviceOption, jsonOption, threadsOption } from '../options.ts';
import { openChoice, resolveModel } from '../registry.ts';
import { deviceLine } from '../restoring.ts';

interface Options {
  readonly golden: string;
  readonly config?: string;
  readonly device: Device;
  readonly threads?: number;
}

export function addModelsVerify(models: Command, host: Host): void {
  models
    .command('verify')
    .description('compare what a model computes with figures of the reference implementation')
    .argument('<file or id>')
    .requiredOption('--golden <file>', 'the figures, a .safetensors file')
    .addOption(
      configOption().default(undefined, 'NAME.json or NAME.config.json beside NAME.golden.safetensors'),
    )
    .addOption(deviceOption().default('cpu'))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(async (model: string, options: Options) => {
      host.exit(await verifyModel(model, options, host));
    });
}

async function verifyModel(model: string, options: Options, { ui, env, signal }: Host): Promise<ExitCode> {
  const { golden, device, threads } = options;
  const choice = resolveModel(model, options.config ?? configBeside(golden), env);
  using prior = openChoice(choice);
  if (choice.entry) await checkHash(choice.entry, signal);
  const { runtime, report } = await chooseRuntime(device, threads === undefined ? {} : { threads });
  await using _runtime = runtime;
  ui.note(deviceLine(report));
  const checks: GoldenCheck[] = [];
  for await (const check of verifyGolden(prior, golden, runtime)) {
    checks.push(check);
    ui.out(lineOf(check));
  }
  const failed = checks.filter(({ outcome }) => outcome === 'fail').length;
  const passed = checks.filter(({ outcome }) => outcome === 'pass').length;
  ui.note(
    failed > 0
      ? `${counted(failed, 'check')} of ${failed + passed} failed.`
      : `${counted(passed, 'check')} passed.`,
  );
  ui.document({ ok: failed === 0, model: choice.name, device: report.chosen, checks });
  return failed === 0 ? EXIT.done : EXIT.some;
}

/** NAME.golden.safetensors has its model's configuration in NAME.json or NAME.config.json. */
function configBeside(golden: string): string | undefined {
  const stem = golden.replace(/(\.golden)?\.safetensors$/i, '');
  return [`${stem}.json`, `${stem}.config.json`].find((path) => existsSync(path));
}

function lineOf({ name, outcome, error, tolerance, note }: GoldenCheck): string {
  const label = name.padEnd(14);
  if (error === undefined || tolerance === undefined) return `${label} -     ${note}`;
  const figures = `largest relative error ${error.toExponential(1)}, allowed ${tolerance.toExponential(0)}`;
  return `${label} ${outcome}  ${figures} (${note})`;
}
