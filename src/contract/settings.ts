/**
 * Calls on settings and on the program itself: what it is, where it computes and why there, what its logs say.
 * services/settings answers them.
 */
import * as v from 'valibot';
import { Settings } from '../domain/settings.ts';
import { call, nothing, slice, text, whole } from './rpc.ts';

const about = v.strictObject({
  version: text(50),
  platform: text(100),
  cores: whole(1, 4096),
  /** Where models run, and what was tried; null until the engine has answered. */
  device: v.nullable(
    v.strictObject({
      chosen: text(50),
      threads: whole(0, 4096),
      trials: v.array(v.strictObject({ provider: text(50), outcome: text(50), reason: text(1000) })),
    }),
  ),
  cache: v.strictObject({
    bytes: whole(0, Number.MAX_SAFE_INTEGER),
    limit: whole(0, Number.MAX_SAFE_INTEGER),
  }),
});

const { theme, language, cacheBytes, threads, device, model, thumbnailSize, notifications } =
  Settings.entries;

export const settings = slice('settings', {
  get: call({ input: v.strictObject({}), output: Settings }),
  set: call({
    input: v.strictObject({
      theme: v.optional(theme),
      language: v.optional(language),
      cacheBytes: v.optional(cacheBytes),
      threads: v.optional(threads),
      device: v.optional(device),
      model: v.optional(model),
      thumbnailSize: v.optional(thumbnailSize),
      notifications: v.optional(notifications),
    }),
    output: Settings,
  }),
  about: call({ input: v.strictObject({}), output: about }),
  emptyCache: call({ input: v.strictObject({}), output: nothing }),
  /** A text for a bug report: versions, settings, counts, the ends of the logs; no names, no paths. */
  diagnostics: call({ input: v.strictObject({}), output: text(2_000_000) }),
});
