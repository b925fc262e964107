/**
 * Whether it is still the same person: how alike each restored face is to what it was, and to its person's album.
 * Without a recogniser there is no evidence; faces/recogniser.ts says what the numbers mean.
 */
import type { Geometry, Recipe } from '../domain/recipe.ts';
import { likeness } from '../faces/recogniser.ts';
import type { Recogniser } from '../faces/recogniser.ts';
import type { Photograph } from '../imaging/photograph.ts';
import { recogniserCrop } from './crops.ts';
import { pixelSourceOf } from './detectors.ts';

/** Cosines, -1..1: 1 is the same picture, about 0 another person. */
export interface Evidence {
  /** Of the restored face to the face as it was. */
  readonly toInput: number;
  readonly person?: {
    readonly name: string;
    /** Of the face as it was, and of the restored one, to the mean of the person's album. */
    readonly before: number;
    readonly after: number;
  };
  /** A sentence, where the restored face is further from its person than the face was. */
  readonly warning?: string;
}

/** A person's album as one embedding, by the adapter that was made of it; undefined where its photos are not kept. */
export type AlbumEmbedding = (adapter: string) => Promise<Float32Array | undefined>;

/** Differences of cosines below this are noise: pictures of one face saved twice differ as much. */
const NOTICEABLE = 0.01;

/** The faces as they are now, by their place in the recipe; what has no landmarks is left out. */
export async function embedFaces(
  photo: Photograph,
  faces: readonly { readonly where: Geometry }[],
  recogniser: Recogniser,
): Promise<Map<number, Float32Array>> {
  const embeddings = new Map<number, Float32Array>();
  for (const [i, { where }] of faces.entries()) {
    const crop = await recogniserCrop(pixelSourceOf(photo), where);
    if (crop) embeddings.set(i, await recogniser.embed(crop));
  }
  return embeddings;
}

/** What two rounds of embedFaces say, for each face that is in both. */
export async function compareFaces(
  recipe: Recipe,
  before: ReadonlyMap<number, Float32Array>,
  after: ReadonlyMap<number, Float32Array>,
  album: AlbumEmbedding | undefined,
): Promise<Map<number, Evidence>> {
  const evidence = new Map<number, Evidence>();
  for (const [i, { person }] of recipe.faces.entries()) {
    const [was, is] = [before.get(i), after.get(i)];
    if (!was || !is) continue;
    const toInput = likeness(was, is);
    const mean = person && (await album?.(person.adapter));
    if (!person || !mean) {
      evidence.set(i, { toInput });
      continue;
    }
    const compared = { name: person.name, before: likeness(was, mean), after: likeness(is, mean) };
    const further = compared.after < compared.before - NOTICEABLE;
    const warning = `Face ${i + 1} is now less like ${person.name} (${compared.after.toFixed(2)}) than in the photo (${compared.before.toFixed(2)}): try a lower strength, or another seed.`;
    evidence.set(i, { toInput, person: compared, ...(further && { warning }) });
  }
  return evidence;
}
