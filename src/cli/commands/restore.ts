/**
 * `albumen restore`: photos in, restored copies out. ../restore/ has the options and the three ways: whole photos, aligned
 * crops, and a recipe again; docs/cli.md is the user's side of this.
 */
import type { Command } from 'commander';
import type { Host } from '../host.ts';
import { restoreAligned } from '../restore/aligned.ts';
import { addRestoreOptions, checkRestoreOptions } from '../restore/options.ts';
import type { RestoreOptions } from '../restore/options.ts';
import { repeatRecipe } from '../restore/repeat.ts';
import { restoreWhole } from '../restore/whole.ts';

export function addRestore(program: Command, host: Host): void {
  const command = program
    .command('restore')
    .description('restore the faces in whole photos, and with --repair the print')
    .argument('[files or folders...]', 'pictures, or folders that are searched for them');
  addRestoreOptions(command).action(async (paths: string[], options: RestoreOptions, self: Command) => {
    checkRestoreOptions(self, options);
    if (options.recipe !== undefined) host.exit(await repeatRecipe(options.recipe, paths, options, host));
    else if (options.aligned) host.exit(await restoreAligned(paths, options, host));
    else host.exit(await restoreWhole(paths, options, host));
  });
}
