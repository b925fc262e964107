/**
 * What main itself answers a window: dialogs of the system, and the folders and files a person chose there. Paths stay
 * on this side; a window gets opaque ids. broker.ts serves it beside what the library's process answers.
 */
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { ContractHandlers } from '../contract/rpc.ts';
import type { studio } from '../contract/studio.ts';
import { UserError } from '../domain/errors.ts';
import type { HostClient } from './broker.ts';

export interface System {
  /** Opens a dialog over the window that asks; undefined where it was closed. */
  choose(what: 'folder' | 'file', title: string): Promise<string | undefined>;
  /** Shows a file in the system's file manager. */
  reveal(path: string): void;
}

const TITLE = 500;

export function hostHandlers(
  client: () => Pick<HostClient, 'libraryHost' | 'files'>,
  system: System,
): ContractHandlers<typeof studio>['host'] {
  /** What the dialogs gave, by the id the window has. */
  const chosen = new Map<string, string>();

  function pathOf(place: string): string {
    const path = chosen.get(place);
    if (path === undefined)
      throw new UserError('missing', 'That folder was not chosen in this window.', 'Choose it again.');
    return path;
  }

  async function choose(
    what: 'folder' | 'file',
    title: string,
  ): Promise<{ id: string; path: string } | null> {
    const path = await system.choose(what, title);
    if (path === undefined) return null;
    const id = randomUUID();
    chosen.set(id, path);
    return { id, path };
  }

  const titleOf = (path: string): string => (basename(path) || path).slice(0, TITLE);

  return {
    about: () => ({ kind: 'electron', dialogs: true }),
    // Walking is for hosts without dialogs.
    places: () => [],
    children: () => {
      throw new UserError('usage', 'Folders are chosen in a dialog of the system here.');
    },
    pickFolder: async ({ title }) => {
      const place = await choose('folder', title);
      return place && { id: place.id, title: titleOf(place.path), kind: 'folder' };
    },
    pickFile: async ({ title }) => {
      const place = await choose('file', title);
      if (!place) return null;
      await client().files.offer(place);
      return { id: place.id, title: titleOf(place.path), kind: 'file' };
    },
    addFolder: ({ place }) => client().libraryHost.addFolder({ path: pathOf(place) }),
    addTarget: ({ place }) => client().files.addTarget({ path: pathOf(place) }),
    reveal: async ({ photo }) => {
      const original = await client().libraryHost.original({ photo });
      if (!original) throw new UserError('missing', 'The file of this photo is not there now.');
      system.reveal(original.file);
      return undefined;
    },
  };
}
