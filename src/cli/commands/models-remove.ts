/**
 * `albumen models remove`: takes one of your models away again, after a question.
 * services/models/remove.ts does it; bundled models stay.
 */
import type { Command } from 'commander';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { removeModel } from '../../services/models/remove.ts';
import { ask } from '../ask.ts';
import type { Host } from '../host.ts';
import { jsonOption } from '../options.ts';
import { modelFolders } from '../registry.ts';

interface Options {
  readonly yes?: true;
  readonly json?: true;
}

export function addModelsRemove(models: Command, host: Host): void {
  models
    .command('remove')
    .description('delete one of your models, or what is left of its download')
    .argument('<id>')
    .option('--yes', 'do not ask')
    .addOption(jsonOption())
    .action((id: string, options: Options) => remove(id, options, host));
}

async function remove(id: string, { yes, json }: Options, { ui, env, signal }: Host): Promise<void> {
  if (yes !== true) {
    if (json === true || !process.stdin.isTTY)
      throw new UserError(
        'usage',
        `${quoted(id)} was not removed: nobody can be asked.`,
        'Say so with --yes.',
      );
    const asking = { input: process.stdin, output: process.stderr, signal };
    if (!(await ask(`Delete the model ${quoted(id)}?`, asking)))
      throw new UserError('cancelled', 'Nothing was removed.');
  }
  await removeModel(modelFolders(env), id);
  ui.out(`Removed ${id}.`);
  ui.document({ ok: true, id });
}
