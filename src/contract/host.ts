/**
 * Calls only the host itself answers: its folders and dialogs. A window never sends a path: it gets opaque ids of places
 * from here and hands them back. Electron has dialogs of its own; the server host is walked folder by folder.
 */
import * as v from 'valibot';
import { LibraryFolder } from '../domain/library.ts';
import { call, id, nothing, slice, text } from './rpc.ts';

const place = v.strictObject({
  id,
  title: text(500),
  kind: v.picklist(['home', 'pictures', 'drive', 'folder', 'file']),
});
const target = v.strictObject({ id, title: text(4096) });

export const host = slice('host', {
  about: call({
    input: v.strictObject({}),
    output: v.strictObject({
      kind: v.picklist(['electron', 'browser']),
      /** pickFolder and pickFile open a dialog of the system. */
      dialogs: v.boolean(),
    }),
  }),
  /** Where walking begins. */
  places: call({ input: v.strictObject({}), output: v.array(place) }),
  /** The folders in a place (and, asked for, its files), by name; hidden ones are left out. */
  children: call({
    input: v.strictObject({ place: id, files: v.optional(v.boolean(), false) }),
    output: v.strictObject({ title: text(4096), parent: v.nullable(id), places: v.array(place) }),
  }),
  /** Opens a dialog of the system; null where it was closed, or where the host has none. */
  pickFolder: call({ input: v.strictObject({ title: text(200) }), output: v.nullable(place) }),
  pickFile: call({ input: v.strictObject({ title: text(200) }), output: v.nullable(place) }),
  /** Adds a place to the library; jobs and scans are asked for apart. */
  addFolder: call({ input: v.strictObject({ place: id }), output: LibraryFolder }),
  /** Opens a place for exports; exports.targets lists it from now on. */
  addTarget: call({ input: v.strictObject({ place: id }), output: target }),
  /** Shows a photo's file in the system's file manager, where the host can. */
  reveal: call({ input: v.strictObject({ photo: id }), output: nothing }),
});
