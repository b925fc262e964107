/**
 * The fake studio's answers on versions and on damage: recipes are real ones of what was asked for, masks are drawn here.
 * work.ts runs the jobs that make versions.
 */
import sharp from 'sharp';
import { MASK_SIDE } from '../../../src/contract/damage.ts';
import type { Topic } from '../../../src/contract/events.ts';
import type { ContractHandlers } from '../../../src/contract/rpc.ts';
import type { studio } from '../../../src/contract/studio.ts';
import { UserError } from '../../../src/domain/errors.ts';
import { recipeText } from '../../../src/domain/recipe.ts';
import type { Rendition } from '../../../src/domain/rendition.ts';
import { given } from './data.ts';
import type { FakeData } from './data.ts';

type Handlers = ContractHandlers<typeof studio>;

export function renditionsOf(
  data: FakeData,
  tell: (topic: Topic) => void,
): Pick<Handlers, 'renditions' | 'damage'> {
  return {
    renditions: {
      of: ({ photo }) => data.renditions.filter((rendition) => rendition.photo === photo),
      get: ({ rendition }) => find(data, rendition),
      recipe: ({ rendition }) => recipeOf(data, find(data, rendition)),
      choose: ({ photo, rendition }) => {
        for (const [i, r] of data.renditions.entries())
          if (r.photo === photo) data.renditions[i] = { ...r, chosen: r.id === rendition };
        tell('renditions');
        return undefined;
      },
      update: ({ rendition, ...edit }) => {
        const after = { ...find(data, rendition), ...given(edit) };
        data.renditions[data.renditions.findIndex(({ id }) => id === rendition)] = after;
        tell('renditions');
        return after;
      },
      delete: ({ renditions }) => {
        data.renditions.splice(
          0,
          data.renditions.length,
          ...data.renditions.filter(({ id }) => !renditions.includes(id)),
        );
        tell('renditions');
        return undefined;
      },
    },
    damage: {
      find: async ({ photo }) => ({ png: await scratches(data, photo) }),
      painted: ({ rendition }) => {
        const mask = data.asked.get(find(data, rendition).job ?? '')?.mask;
        return mask ? { png: mask } : null;
      },
    },
  };
}

function find(data: FakeData, id: string): Rendition {
  const rendition = data.renditions.find((r) => r.id === id);
  if (!rendition) throw new UserError('usage', 'This version is not there any more.');
  return rendition;
}

/** As the engine would write it, for what the job was asked. */
export function recipeOf(data: FakeData, rendition: Rendition): string {
  const { strength, steps, seed } = rendition;
  const { choice, mask } = data.asked.get(rendition.job ?? '') ?? {};
  const title = data.photos.find(({ id }) => id === rendition.photo)?.title ?? 'photo.jpg';
  return recipeText({
    ...{ kind: 'albumen-recipe', version: 1, app: '0.1.0' },
    photo: {
      ...{ name: title, sha256: '0'.repeat(64), bytes: 1 },
      ...{ width: rendition.width, height: rendition.height },
    },
    model: { id: rendition.model, sha256: '0'.repeat(64) },
    device: { provider: 'cpu', threads: 2, batch: 1 },
    sampler: 'ddim',
    detection: { kind: 'network', name: 'bundled' },
    faces: data.faces
      .filter(({ photo }) => photo === rendition.photo)
      .map(({ id, box, landmarks, score }) => {
        const own = choice?.faces.find(({ face }) => face === id);
        const prior = own?.prior ?? choice?.prior;
        const person = prior?.kind === 'person' ? prior.person : choice ? undefined : rendition.people[0];
        const name = data.people.find((one) => one.id === person)?.name;
        return {
          where: { kind: 'face' as const, box, landmarks, score },
          on: own?.on ?? true,
          strength: own?.strength ?? choice?.strength ?? strength,
          steps: choice?.steps ?? steps,
          seed: own?.seed ?? choice?.seed ?? seed,
          candidate: 0,
          ...(name !== undefined && { person: { kind: 'person' as const, name, adapter: '1'.repeat(64) } }),
          ...(prior?.kind === 'generative' && {
            person: { kind: 'generative' as const, name: 'its album', adapter: '2'.repeat(64) },
          }),
        };
      }),
    candidates: choice?.candidates ?? 1,
    repair: {
      ...(choice?.repair ?? { tone: 0, scratches: 0, denoise: 0 }),
      ...(mask && { mask: { sha256: '3'.repeat(64) } }),
    },
    paste: {},
    output: { format: 'jpeg', depth: 8 },
  });
}

/** Two scratches and some dust, in a photo's shape. */
async function scratches(data: FakeData, id: string): Promise<Uint8Array<ArrayBuffer>> {
  const photo = data.photos.find((one) => one.id === id);
  const [width, height] = [photo?.width ?? 1200, photo?.height ?? 900];
  const specks = Array.from(
    { length: 30 },
    (_, i) =>
      `<circle cx="${(width * ((i * 0.317) % 1)).toFixed(0)}" cy="${(height * ((i * 0.713) % 1)).toFixed(0)}" r="${3 + (i % 4)}" fill="#fff"/>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%"/><path d="M${0.62 * width} 0 Q${0.6 * width} ${height / 2} ${0.66 * width} ${height}M0 ${0.7 * height} L${0.5 * width} ${0.76 * height}" stroke="#fff" stroke-width="4" fill="none"/>${specks.join('')}</svg>`;
  const png = await sharp(Buffer.from(svg))
    .resize(MASK_SIDE, MASK_SIDE, { fit: 'inside', withoutEnlargement: true })
    .threshold(128)
    .toColourspace('b-w')
    .png()
    .toBuffer();
  return new Uint8Array(png);
}
