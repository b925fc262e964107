/**
 * The command line as a function: arguments in, exit code out, so that tests run it without a process.
 * Each command is a file in commands/; main.ts is the process around this; exit.ts lists the codes.
 */
import { Command, CommanderError } from 'commander';
import { UserError } from '../domain/errors.ts';
import { addAlbum } from './commands/album.ts';
import { addDemo } from './commands/demo.ts';
import { addFinetune } from './commands/finetune.ts';
import { addModels } from './commands/models.ts';
import { addFaces } from './commands/faces.ts';
import { addRestore } from './commands/restore.ts';
import { addServe } from './commands/serve.ts';
import { EXIT } from './exit.ts';
import type { ExitCode } from './exit.ts';
import type { Host } from './host.ts';
import { createUi, errorForPrograms } from './ui.ts';
import type { Output, Ui } from './ui.ts';
import { appVersion } from './version.ts';

export interface RunOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Runs `albumen <args...>`. Every error has become a message and an exit code. */
export async function runCli(args: readonly string[], options: RunOptions): Promise<ExitCode> {
  const { stdout, stderr, env, signal } = options;
  const end = args.indexOf('--');
  const json = args.slice(0, end < 0 ? args.length : end).includes('--json');
  const ui = createUi({ json, stdout, stderr });
  let code: ExitCode = EXIT.done;
  const host: Host = { ui, env, signal, exit: (c) => (code = c) };
  const program = buildProgram(host, stdout, stderr);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return report(error, ui, env);
  }
}

function buildProgram(host: Host, stdout: Output, stderr: Output): Command {
  const program = new Command('albumen')
    .description('Restores old photographs with a diffusion prior of faces.')
    .version(appVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError('Add --help for the options.')
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getErrHasColors: () => false,
      getOutHasColors: () => false,
    })
    .addHelpText('after', '\nTo see it work: albumen demo. More in docs/cli.md.');
  addRestore(program, host);
  addFaces(program, host);
  addFinetune(program, host);
  addAlbum(program, host);
  addModels(program, host);
  addDemo(program, host);
  addServe(program, host);
  return program;
}

function report(error: unknown, ui: Ui, env: NodeJS.ProcessEnv): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done; // --help and --version
    // commander has written it to stderr already
    const message = error.message === '(outputHelp)' ? 'No command was given.' : error.message;
    ui.document({ ok: false, error: { code: 'usage', message: message.replace(/^error: /, '') } });
    return EXIT.unusable;
  }
  if (error instanceof UserError) {
    ui.problem(error, 'albumen: ');
    ui.document({ ok: false, error: errorForPrograms(error) });
    return error.code === 'cancelled' ? EXIT.cancelled : EXIT.unusable;
  }
  const message = error instanceof Error ? error.message : String(error);
  ui.note(`albumen: This is a mistake of the program, not yours: ${message}`);
  ui.note('Please report it with the command you ran and what it prints with ALBUMEN_DEBUG=1 set.');
  if (env['ALBUMEN_DEBUG'] === '1' && error instanceof Error)
    for (const line of (error.stack ?? '').split('\n')) ui.note(line);
  ui.document({ ok: false, error: { code: 'internal', message } });
  return EXIT.internal;
}
