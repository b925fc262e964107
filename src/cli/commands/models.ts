/**
 * `albumen models`: the group of commands about models. Each is a file beside this one.
 * registry.ts knows where models are.
 */
import type { Command } from 'commander';
import type { Host } from '../host.ts';
import { addModelsAdd } from './models-add.ts';
import { addModelsDownload } from './models-download.ts';
import { addModelsInspect } from './models-inspect.ts';
import { addModelsList } from './models-list.ts';
import { addModelsRemove } from './models-remove.ts';
import { addModelsVerify } from './models-verify.ts';

export function addModels(program: Command, host: Host): void {
  const models = program
    .command('models')
    .description('list, inspect, download, add, verify and remove models')
    .helpCommand(false);
  addModelsList(models, host);
  addModelsInspect(models, host);
  addModelsDownload(models, host);
  addModelsAdd(models, host);
  addModelsVerify(models, host);
  addModelsRemove(models, host);
}
