/**
 * What a person may set once for the whole program, and what it is before they do.
 * contract/settings.ts has the calls.
 */
import * as v from 'valibot';
import { number, text, whole } from './fields.ts';

/** All settings of the program. */
export const Settings = v.strictObject({
  theme: v.picklist(['system', 'light', 'dark']),
  language: v.picklist(['en']),
  /** How much of the disk thumbnails and previews may fill, in bytes. */
  cacheBytes: whole(50e6, 1e12),
  /** Of the processor; null: as many as the machine has cores. */
  threads: v.nullable(whole(1, 256)),
  device: v.picklist(['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml']),
  /** The prior that restores, by the id of its model. */
  model: text(200),
  /** Thumbnail side in the grid, CSS pixels. */
  thumbnailSize: number(80, 480),
  notifications: v.boolean(),
});
export type Settings = v.InferOutput<typeof Settings>;

/** What holds until somebody chooses. */
export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  language: 'en',
  cacheBytes: 2e9,
  threads: null,
  device: 'auto',
  model: 'face-128',
  thumbnailSize: 180,
  notifications: true,
};
