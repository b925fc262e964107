/**
 * The way out of a damaged database on the desktop: a message of the system, then the library's process once more, told
 * what to do. broker.ts starts it again, index.ts has the messages; processes/library/recovery.ts is what it then does.
 */
import type { Recovery } from '../contract/hosts.ts';
import { UserError } from '../domain/errors.ts';
import type { Way } from '../processes/library/recovery.ts';
import type { HostClient } from './broker.ts';

export interface Message {
  readonly type: 'warning' | 'info';
  readonly message: string;
  readonly detail: string;
  /** The last is also what closing the message means. */
  readonly buttons: readonly string[];
}

export interface Desk {
  /** Shows a message; resolves to the number of the button. */
  show(message: Message): Promise<number>;
  /** Starts the library again, with a way to go. */
  again(way: Way): void;
  quit(): void;
}

/**
 * Whether the library is open. Where its database is damaged, asks what to do about it and does that; where something was
 * done, says what. Throws UserError for anything else that keeps it from opening.
 */
export async function openedOrAsked(
  { library, files }: Pick<HostClient, 'library' | 'files'>,
  desk: Desk,
): Promise<boolean> {
  try {
    await library.folders({});
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'library.corrupt') throw error;
    const choices = choicesFor(error);
    const pressed = await desk.show({
      type: 'warning',
      message: error.message,
      detail: [...choices.map(({ about }) => about), KEPT].join('\n\n'),
      buttons: [...choices.map(({ button }) => button), 'Quit'],
    });
    const choice = choices[pressed];
    if (choice) desk.again(choice.way);
    else desk.quit();
    return false;
  }
  const done = await files.recovery({});
  if (done) await desk.show({ type: 'info', ...told(done), buttons: ['OK'] });
  return true;
}

const BACKUP = {
  way: 'backup',
  button: 'Restore the backup',
  about:
    'Restore the backup: the newest copy takes its place; what came after it is looked for in your folders.',
} as const;
const REBUILD = {
  way: 'rebuild',
  button: 'Rebuild from the folders',
  about:
    'Rebuild from the folders: they are scanned anew, then people, albums and restored photos come back. This may take a while.',
} as const;
const KEPT = 'The damaged file is kept either way, and no photo is touched.';

/** Without a copy there is nothing to restore. */
function choicesFor({ data }: UserError): readonly (typeof BACKUP | typeof REBUILD)[] {
  return data?.['backups'] === 0 ? [REBUILD] : [BACKUP, REBUILD];
}

function told({ setAside, from }: Recovery): { message: string; detail: string } {
  return {
    message: from === null ? 'The library is built anew.' : 'The backup was restored.',
    detail: [
      from === null
        ? 'Your folders are scanned; people, albums and restored photos come back as they are found.'
        : `The copy ${from} took its place; what came after it is looked for in your folders.`,
      ...(setAside === null ? [] : [`The damaged database was set aside as ${setAside}.`]),
    ].join('\n\n'),
  };
}
