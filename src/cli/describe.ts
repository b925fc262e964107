/**
 * A prior in words, for `models inspect` and `models list`.
 * engine/nn/config.ts says what the numbers mean.
 */
import { counted, printable } from '../domain/text.ts';
import type { Prior } from '../engine/prior.ts';
import type { UNetConfig } from '../engine/nn/config.ts';

export type Facts = readonly (readonly [label: string, value: string])[];

const FORMATS = {
  safetensors: 'safetensors',
  'torch-zip': 'PyTorch (zip)',
  'torch-legacy': 'PyTorch (old format)',
} as const;
const VARIANCES = {
  'learned-range': 'learned (the network puts out a second image for it)',
  'fixed-large': 'fixed, beta',
  'fixed-small': 'fixed, posterior variance',
} as const;
/** Metadata comes from the file: as much as is polite. */
const MAX_METADATA = 12;
const MAX_TEXT = 120;

/** Everything known without reading weights. */
export function describePrior(prior: Prior): Facts {
  const { store, config, schedule, scheduleName, variance, parameters } = prior;
  return [
    ['format', `${FORMATS[store.format]}, ${megabytes(store.fileBytes)}`],
    ['tensors', `${counted(store.tensors.size, 'tensor')}, ${storedTypes(prior).join(' and ')}`],
    ['parameters', parameters.toLocaleString('en')],
    ...describeNetwork(config),
    ['schedule', `${scheduleName}, ${schedule.T} steps`],
    ['variance', VARIANCES[variance]],
    ...[...store.metadata].slice(0, MAX_METADATA).map(([key, value]) => {
      const text = printable(`${key} = ${value}`);
      return ['metadata', text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text] as const;
    }),
  ];
}

/** The number types in the file, most frequent first. */
export function storedTypes({ store }: Prior): string[] {
  const counts = new Map<string, number>();
  for (const { type } of store.tensors.values()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([type]) => type);
}

function describeNetwork(config: UNetConfig): Facts {
  const size = `${config.imageSize} x ${config.imageSize} pixels`;
  const side = (level: number, patch = 1): number => config.imageSize / patch / 2 ** level;
  if (config.kind === 'ddpm') {
    const { blockChannels, layersPerBlock, downAttention, upAttention, headChannels } = config;
    const levels = blockChannels.flatMap((_, i) => (downAttention[i] ? [`${side(i)} x ${side(i)}`] : []));
    const up = upAttention.filter(Boolean).length;
    return [
      ['network', `UNet2DModel (diffusers), ${size}`],
      ['channels', `${blockChannels.join(', ')}; ${counted(layersPerBlock, 'residual block')} a level`],
      [
        'attention',
        `going down at ${levels.join(', ') || 'no level'}, going up at ${counted(up, 'level')}, and in the middle; ${headChannels === undefined ? '1 head' : `${headChannels} channels a head`}`,
      ],
    ];
  }
  const { patch, modelChannels, channelMult, resBlocks, attentionLevels, heads, qkvOrder } = config;
  const levels = attentionLevels.map((i) => `${side(i, patch)} x ${side(i, patch)}`);
  const headsText = 'count' in heads ? counted(heads.count, 'head') : `${heads.channels} channels a head`;
  return [
    [
      'network',
      `ADM UNet (guided-diffusion), ${size}${patch > 1 ? `, taken in patches of ${patch} x ${patch}` : ''}`,
    ],
    [
      'channels',
      `${modelChannels} x (${channelMult.join(', ')}); ${counted(resBlocks, 'residual block')} a level`,
    ],
    [
      'attention',
      `${levels.length > 0 ? `at ${levels.join(', ')} and ` : ''}in the middle; ${headsText}, ${qkvOrder} order`,
    ],
    [
      'time',
      config.scaleShiftNorm ? 'as scale and shift of the second norm' : 'added before the second norm',
    ],
    [
      'resampling',
      config.resblockUpDown ? 'in residual blocks' : 'by strided convolution and nearest neighbour',
    ],
  ];
}

export function megabytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Rows as text, columns padded to their widest entry. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
