/**
 * `albumen serve`: the whole application in a browser, on this machine. The processes and the server come from
 * src/server; docs/cli.md is the user's side of this.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { UserError } from '../../domain/errors.ts';
import { startServer } from '../../server/server.ts';
import { StudioHost } from '../../server/studio-host.ts';
import type { Host } from '../host.ts';
import { whole } from '../options.ts';
import { RESOURCES, dataFolder } from '../registry.ts';

interface Options {
  readonly library?: string;
  readonly port: number;
  readonly open?: true;
  readonly window: string;
  readonly recover?: 'backup' | 'rebuild';
}

/** Where `npm run build:window` puts it. */
const WINDOW = join(RESOURCES, '../dist/renderer');
const USUAL_PORT = 7823;

export function addServe(program: Command, host: Host): void {
  program
    .command('serve')
    .description('the whole application in a browser, on this machine')
    .option('--library <folder>', "where Albumen keeps its own files (default: the user's data folder)")
    .option('--port <n>', 'the port to listen on; 0: any that is free', whole(0, 65535), USUAL_PORT)
    .option('--open', 'open it in the browser')
    .option('--window <folder>', 'the built window', WINDOW)
    .addOption(
      new Option(
        '--recover <way>',
        'where the database is damaged: go back to its newest copy, or build it anew from the folders',
      ).choices(['backup', 'rebuild']),
    )
    .action((options: Options) => serveStudio(options, host));
}

async function serveStudio({ library, port, open, window, recover }: Options, host: Host): Promise<void> {
  const { ui, env, signal } = host;
  if (!existsSync(join(window, 'index.html')))
    throw new UserError(
      'usage',
      `The window is not built: there is no index.html in ${window}.`,
      'Build it with: npm run build:window',
    );
  const data = library === undefined ? dataFolder(env) : resolve(library);
  const note = (text: string): void => ui.note(text);
  const problem = (reference: string): void =>
    ui.note(`Something went wrong inside Albumen (reference ${reference}).`);
  const studio = new StudioHost({
    ...{ library: { data, resources: RESOURCES, recover: recover ?? null }, note },
    log: ({ reference }) => problem(reference),
  });
  try {
    await studio.ready();
    await sayRecovery(studio, recover, note);
    const server = await startServer({
      ...{ port, clientFolder: window, pictures: studio.picture },
      connect: (transport, client) => studio.connect(transport, client),
      log: () => problem('picture'),
    });
    ui.out(`Albumen is open at: ${server.url}`);
    ui.note('Keep the address to yourself: whoever has it can see your photos. Ctrl-C ends Albumen.');
    if (open) openBrowser(server.url, note);
    // a service manager ends it this way
    if (!signal.aborted) await Promise.race([once(signal, 'abort'), once(process, 'SIGTERM')]);
    ui.note('Ending; jobs go on when Albumen is started again.');
    await server.close();
  } finally {
    await studio.close();
  }
}

async function sayRecovery(
  studio: StudioHost,
  asked: Options['recover'],
  note: (text: string) => void,
): Promise<void> {
  if (asked === undefined) return;
  const done = await studio.recovery();
  if (!done) {
    note('The database is sound: nothing had to be recovered.');
    return;
  }
  if (done.setAside !== null) note(`The damaged database was set aside as ${done.setAside}.`);
  note(
    done.from === null
      ? 'The library is built anew: its folders are scanned, then people, albums and restored photos come back.'
      : `The copy ${done.from} took its place; what came after it is looked for in your folders.`,
  );
}

/** With the system's own way to open an address. */
function openBrowser(url: string, note: (text: string) => void): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['explorer.exe', url]
        : ['xdg-open', url];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.once('error', () => note('No browser could be opened: open the address yourself.'));
  child.unref();
}
