/**
 * The fake studio's models: two that are installed, and one that can be downloaded, which takes a while. work.ts has jobs,
 * exports and settings.
 */
import type { ContractHandlers } from '../../../src/contract/rpc.ts';
import type { studio } from '../../../src/contract/studio.ts';

/** News of a download. */
const STEPS = 20;

const INSTALLED = [
  {
    id: 'face-128',
    kind: 'prior',
    title: 'Face prior, 128 px',
    licence: 'MIT',
    origin: 'bundled',
    bytes: 7.4e6,
    problem: null,
  },
  {
    id: 'face-detector',
    kind: 'face-detector',
    title: 'Face detector',
    licence: 'MIT',
    origin: 'bundled',
    bytes: 9e5,
    problem: null,
  },
] as const;

const AVAILABLE = [
  {
    id: 'celebahq-256',
    kind: 'prior',
    title: 'DDPM, CelebA-HQ 256',
    purpose: 'A larger prior at 256 px.',
    licence: {
      name: 'Apache-2.0',
      summary: 'May be used freely with its notice.',
      accept: false,
      noncommercial: false,
    },
    bytes: 455e6,
    verified: false,
    fromFile: null,
    resumable: 0,
  },
] as const;

export function modelsOf(stepMs: number): ContractHandlers<typeof studio>['models'] {
  return {
    list: () => ({ installed: [...INSTALLED], available: [...AVAILABLE] }),
    async *download(_, { signal }) {
      for (let i = 1; i <= STEPS && !signal.aborted; i++) {
        yield { done: 26e6 * i, of: 520e6, bytesPerSecond: 26e6 };
        await new Promise((resolve) => setTimeout(resolve, stepMs));
      }
    },
    add: () => undefined,
    remove: () => undefined,
  };
}
