/**
 * Calls on exports: presets, what would be written, and the job that writes it. Folders are opaque ids that the host
 * hands out after a dialog of its own. services/exports answers them.
 */
import * as v from 'valibot';
import { ExportForm, ExportPreset, ExportPreview, ExportRequest } from '../domain/exporting.ts';
import { call, id, name, nothing, slice, text } from './rpc.ts';

export const exports = slice('exports', {
  presets: call({ input: v.strictObject({}), output: v.array(ExportPreset) }),
  savePreset: call({ input: v.strictObject({ name: name(), form: ExportForm }), output: ExportPreset }),
  deletePreset: call({ input: v.strictObject({ preset: id }), output: nothing }),
  targets: call({
    input: v.strictObject({}),
    output: v.array(v.strictObject({ id, title: text(4096), writable: v.boolean() })),
  }),
  preview: call({ input: ExportRequest, output: ExportPreview }),
  start: call({ input: ExportRequest, output: v.strictObject({ job: id }) }),
});
