/** Recipes as texts: the same one again, and nothing else gets in. test/restoration makes and follows them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRecipe, recipeText } from '../../src/domain/recipe.ts';
import type { Recipe } from '../../src/domain/recipe.ts';

const sha256 = 'ab'.repeat(32);
const face: Recipe['faces'][number] = {
  where: {
    kind: 'face',
    landmarks: [
      { x: 10.5, y: 1 / 3 },
      { x: 20, y: 8 },
      { x: 15, y: 12 },
      { x: 12, y: 16 },
      { x: 19, y: 16 },
    ],
    box: { left: -3.25, top: 2, width: 20, height: 25 },
    score: 0.75,
  },
  on: true,
  strength: 100,
  steps: 20,
  seed: Number.MAX_SAFE_INTEGER,
  candidate: 1,
  person: { kind: 'person', name: 'anna', adapter: sha256 },
};
const square: Recipe['faces'][number] = {
  where: { kind: 'square', centre: { x: 5, y: 6 }, side: 30, rotation: -12 },
  ...{ on: false, strength: 0, steps: 0, seed: 0, candidate: 0 },
};
const recipe: Recipe = {
  kind: 'albumen-recipe',
  version: 1,
  app: '0.1.0',
  photo: { name: 'Großmutter "1912".jpg', sha256, bytes: 12345, width: 800, height: 600 },
  model: { id: 'face-128', sha256 },
  device: { provider: 'cpu', threads: 2, batch: 4 },
  sampler: 'dpmpp-sde',
  eta: 0.5,
  detection: { kind: 'network', name: 'Albumen', sha256 },
  faces: [face, square],
  candidates: 2,
  repair: { tone: 0.8, scratches: 1, denoise: 0.3, mask: { sha256 } },
  paste: { widen: 0.1 },
  output: { format: 'jpeg', quality: 90, depth: 8 },
};

test('a recipe comes back from its text, number for number', () => {
  expect(parseRecipe(recipeText(recipe), 'r')).toEqual(recipe);
  expect(parseRecipe(recipeText(recipe, 0), 'r')).toEqual(recipe);
  expect(recipeText(recipe, 0)).not.toContain('\n');
});

test('equal recipes are equal texts, in whatever order they were put together', () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, own]) => [key, shuffled(own)]),
    );
  };
  const other = parseRecipe(JSON.stringify(shuffled(recipe)), 'r');
  expect(recipeText(other)).toBe(recipeText(recipe));
});

/** The recipe with one value replaced, by its path. */
function changed(path: string, value: unknown): string {
  const copy: unknown = JSON.parse(JSON.stringify(recipe));
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at = copy as Record<string, unknown>;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) Reflect.deleteProperty(at, last);
  else at[last] = value;
  return JSON.stringify(copy);
}

test.each([
  ['photo.sha256', 'abc'],
  ['photo.name', '../../etc/passwd'],
  ['photo.name', 'a\nb.jpg'],
  ['photo.width', 0],
  ['photo.bytes', 1.5],
  ['model', undefined],
  ['device.batch', 1e9],
  ['device.provider', 'tpu'],
  ['sampler', 'euler'],
  ['eta', 2],
  ['faces.0.steps', 101],
  ['faces.0.steps', 0],
  ['faces.0.strength', -1],
  ['faces.0.seed', 2 ** 60],
  ['faces.0.candidate', 2],
  ['faces.0.where.landmarks.4', undefined],
  ['faces.0.where.landmarks.0.x', 1e9],
  ['faces.0.where.box.width', 0],
  ['faces.0.where.kind', 'circle'],
  ['faces.0.person.adapter', '../adapter'],
  ['faces.1.where.side', -1],
  ['faces', Array.from({ length: 501 }, () => face)],
  ['repair.tone', 1.5],
  ['output.format', 'exe'],
  ['output.quality', 0],
  ['output.path', '/etc/passwd'],
  ['extra', 1],
])('a recipe whose %s is %j is refused in one sentence', (path, value) => {
  expect(() => parseRecipe(changed(path, value), 'gran.recipe.json')).toThrow(
    expect.objectContaining({
      code: 'recipe.unreadable',
      message: expect.stringMatching(/^"gran\.recipe\.json" is damaged or was changed: [^\n]+\.$/) as string,
    }),
  );
});

test.each([
  ['nothing', ''],
  ['a text', 'Dear grandma'],
  ['another JSON', '{"kind":"albumen-person"}'],
  ['null', 'null'],
  ['a list', '[]'],
  ['what is far too large', `{"kind":"albumen-recipe","version":1,"a":"${'x'.repeat(4e6)}"}`],
])('%s is no recipe', (_what, text) => {
  expect(() => parseRecipe(text, 'r')).toThrow(expect.objectContaining({ code: 'recipe.unreadable' }));
});

test('a recipe of a later version says so', () => {
  expect(() => parseRecipe(changed('version', 2), 'r')).toThrow(
    /is a recipe of version 2, and this Albumen knows/,
  );
});

test('no text makes anything but a recipe or a sentence', () => {
  const keys = fc.constantFrom('faces', 'photo', 'repair', 'kind', 'version', 'output', '__proto__', 'eta');
  fc.assert(
    fc.property(keys, fc.jsonValue(), (key, value) => {
      const text = JSON.stringify({ ...recipe, [key]: value });
      try {
        expect(recipeText(parseRecipe(text, 'r'))).toBeTypeOf('string');
      } catch (error) {
        expect(error).toMatchObject({ code: 'recipe.unreadable' });
      }
    }),
    { numRuns: 300 },
  );
});
