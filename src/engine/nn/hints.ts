/**
 * What a checkpoint's shapes cannot tell (image size, heads, schedule, steps), read from the JSON that lies beside it:
 * guided-diffusion's flags, diffusers' config.json, or this project's model.json. Used by config.ts and prior.ts.
 */
import * as v from 'valibot';
import { UserError } from '../../domain/errors.ts';
import type { QkvOrder } from './attention.ts';

/** What is absent was not said, and config.ts and prior.ts take the published default. */
export interface ModelHints {
  readonly imageSize?: number | undefined;
  readonly heads?: number | undefined;
  readonly headChannels?: number | undefined;
  readonly qkvOrder?: QkvOrder | undefined;
  readonly schedule?: 'linear' | 'cosine' | undefined;
  /** Diffusion steps the model was trained with. */
  readonly steps?: number | undefined;
  readonly downsamplePadding?: 0 | 1 | undefined;
  readonly timestepOrder?: 'cos-sin' | 'sin-cos' | undefined;
  readonly frequencyShift?: 0 | 1 | undefined;
  readonly normEps?: number | undefined;
  readonly groups?: number | undefined;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65536));
const bit = v.picklist([0, 1]);
/** guided-diffusion writes -1 for "not by channels", diffusers null. */
const headChannels = v.nullish(v.union([count, v.literal(-1)]));

const Adm = v.object({
  image_size: count,
  num_heads: v.optional(count),
  num_head_channels: headChannels,
  use_new_attention_order: v.optional(v.boolean()),
});
const Around = v.object({
  config: v.optional(Adm),
  schedule: v.optional(v.picklist(['linear', 'cosine'])),
  steps: v.optional(count),
});
const Diffusers = v.object({
  _class_name: v.literal('UNet2DModel'),
  sample_size: count,
  attention_head_dim: headChannels,
  downsample_padding: v.optional(bit),
  flip_sin_to_cos: v.optional(v.boolean()),
  freq_shift: v.optional(bit),
  norm_eps: v.optional(v.pipe(v.number(), v.gtValue(0), v.ltValue(1))),
  norm_num_groups: v.optional(count),
  act_fn: v.optional(v.literal('silu')),
  time_embedding_type: v.optional(v.literal('positional')),
  center_input_sample: v.optional(v.literal(false)),
  mid_block_scale_factor: v.optional(v.literal(1)),
});

/**
 * What the JSON says. Throws UserError `model.unsupported`, naming the first entry that does not fit; `label` is the
 * file's base name.
 */
export function parseHints(json: unknown, label: string): ModelHints {
  if (typeof json === 'object' && json !== null && '_class_name' in json) {
    const c = check(Diffusers, json, label);
    return {
      imageSize: c.sample_size,
      headChannels: positive(c.attention_head_dim),
      downsamplePadding: c.downsample_padding,
      timestepOrder: c.flip_sin_to_cos === undefined ? undefined : c.flip_sin_to_cos ? 'cos-sin' : 'sin-cos',
      frequencyShift: c.freq_shift,
      normEps: c.norm_eps,
      groups: c.norm_num_groups,
    };
  }
  const around = check(Around, json, label);
  const c = around.config ?? check(Adm, json, label);
  return {
    imageSize: c.image_size,
    heads: c.num_heads,
    headChannels: positive(c.num_head_channels),
    qkvOrder: c.use_new_attention_order ? 'new' : 'legacy',
    schedule: around.schedule,
    steps: around.steps,
  };
}

function positive(n: number | null | undefined): number | undefined {
  return n && n > 0 ? n : undefined;
}

function check<S extends v.GenericSchema>(schema: S, json: unknown, label: string): v.InferOutput<S> {
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? 'the file';
  throw new UserError(
    'model.unsupported',
    `The configuration ${label} does not describe a model Albumen can run: ${where} is ${issue.received}, expected ${issue.expected ?? 'something else'}.`,
    'Correct the file, or choose another with --config FILE.',
  );
}
