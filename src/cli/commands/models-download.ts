/**
 * `albumen models download`: shows a catalog model's licence, asks, and fetches it with progress; the same command goes on
 * where it ended. services/models/download.ts does the work, ask.ts asks.
 */
import { join } from 'node:path';
import type { Command } from 'commander';
import { KIND_NAMES, sizeOf } from '../../domain/catalog.ts';
import type { DownloadEntry } from '../../domain/catalog.ts';
import { UserError } from '../../domain/errors.ts';
import { entryToDownload, readCatalog } from '../../services/models/catalog.ts';
import { bytesBegun, downloadModel } from '../../services/models/download.ts';
import { installedModels } from '../../services/models/installed.ts';
import { speedometer } from '../../services/models/speed.ts';
import { ask } from '../ask.ts';
import { checkModel } from '../check-model.ts';
import { megabytes } from '../describe.ts';
import type { Host } from '../host.ts';
import { jsonOption } from '../options.ts';
import { RESOURCES, modelFolders } from '../registry.ts';
import type { Ui } from '../ui.ts';

interface Options {
  readonly acceptLicence?: true;
  readonly json?: true;
}

export function addModelsDownload(models: Command, host: Host): void {
  models
    .command('download')
    .description('download a model of the catalog; goes on where an earlier download ended')
    .argument('<id>', 'as `models list` shows it')
    .option('--accept-licence', 'accept its licence without being asked')
    .addOption(jsonOption())
    .action((id: string, options: Options) =>
      download(entryToDownload(readCatalog(join(RESOURCES, 'models')), id), options, host),
    );
}

/** Downloads one entry; apart from the command so that a test can bring its own catalog. */
export async function download(
  entry: DownloadEntry,
  { acceptLicence, json }: Options,
  { ui, env, signal }: Host,
): Promise<void> {
  const folders = modelFolders(env);
  const isHere = installedModels(folders).some(({ id }) => id === entry.id);
  const accepted = isHere || (await agree(entry, acceptLicence === true, json === true, ui, signal));
  const begun = await bytesBegun(entry, folders);
  if (begun > 0 && !isHere) ui.note(`Going on after ${megabytes(begun)}.`);
  const progress = ui.progress(`Downloading ${entry.id}`);
  const meter = speedometer();
  const { model, done, verified } = await downloadModel(entry, folders, {
    signal,
    licenceAccepted: accepted,
    check: (weights, configPath) => checkModel(entry.kind, weights, configPath),
    onBytes: (bytes, total) => {
      if (total === undefined) return;
      const perSecond = meter(bytes);
      const percent = Math.min(100, Math.floor((100 * bytes) / total));
      progress.update(percent, 100, {
        detail: `${megabytes(bytes)} of ${megabytes(total)}, ${megabytes(perSecond)}/s`,
        ...(perSecond > 0 && { seconds: (total - bytes) / perSecond }),
      });
    },
  }).finally(() => {
    progress.end();
  });
  if (done === 'before') ui.out(`${model.id} is installed already: ${model.path}`);
  else {
    ui.out(`Installed ${model.id}: ${model.path}`);
    if (!verified)
      ui.note(
        `Unverified: no hash of it was published that Albumen knows. Its SHA-256 (${model.sha256 ?? ''}) is kept in its model.json, and checked from now on.`,
      );
    if (model.kind === 'prior')
      ui.note(`Use it with: albumen restore PHOTO --out FOLDER --model ${model.id}`);
  }
  const { id, kind, path, sha256, licence, noncommercial } = model;
  ui.document({ ok: true, id, kind, done, path, sha256, verified, licence, noncommercial });
}

/** Shows the licence; true once it is accepted. Without a terminal downloadModel says what to do. */
async function agree(
  { id, kind, title, purpose, licence, download: source }: DownloadEntry,
  accepted: boolean,
  json: boolean,
  ui: Ui,
  signal: AbortSignal,
): Promise<boolean> {
  const size = sizeOf(source);
  const bytes =
    size === undefined ? 'size not known' : `${size.exact ? '' : 'about '}${megabytes(size.bytes)}`;
  ui.note(`${id} (${KIND_NAMES[kind]}, ${bytes}): ${title}. ${purpose}`);
  ui.note(
    `Licence: ${licence.name}. ${licence.summary}${licence.url === undefined ? '' : ` ${licence.url}`}`,
  );
  if (accepted) return true;
  // --json says that a program is asking
  if (json || !process.stdin.isTTY || !process.stderr.isTTY) return false;
  const question = licence.accept ? 'Do you accept this licence?' : 'Download it?';
  if (await ask(question, { input: process.stdin, output: process.stderr, signal })) return true;
  throw new UserError('cancelled', 'Nothing was downloaded.');
}
