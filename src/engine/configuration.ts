/**
 * A prior's configuration written out again, so that its weights can be opened from another folder.
 * nn/hints.ts reads what this writes; prior.ts opens both.
 */
import type { Prior } from './prior.ts';

/**
 * What shapes do not tell, in the form that engine/nn/hints.ts reads: the configuration that was found beside the
 * original or given with --config, made one with the model.
 */
export function configurationOf({ config, schedule, scheduleName }: Prior): Record<string, unknown> {
  if (config.kind === 'ddpm')
    return {
      _class_name: 'UNet2DModel',
      sample_size: config.imageSize,
      attention_head_dim: config.headChannels ?? null,
      downsample_padding: config.downsamplePadding,
      flip_sin_to_cos: config.timestepOrder === 'cos-sin',
      freq_shift: config.frequencyShift,
      norm_eps: config.eps,
      norm_num_groups: config.groups,
    };
  const heads =
    'count' in config.heads
      ? { num_heads: config.heads.count }
      : { num_head_channels: config.heads.channels };
  return {
    config: { image_size: config.imageSize, ...heads, use_new_attention_order: config.qkvOrder === 'new' },
    schedule: scheduleName,
    steps: schedule.T,
  };
}
