/**
 * Made-up inputs for any call of the contract: mostly what its schema lets through, with ids that are real, unknown or
 * paths, and now and then anything at all. fuzz.test.ts sends them.
 */
import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';

/** What of a valibot schema is read here. */
interface Node {
  readonly type: string;
  readonly pipe?: readonly { readonly type: string; readonly requirement?: unknown }[];
  readonly entries?: Readonly<Record<string, Node>>;
  readonly items?: readonly Node[];
  readonly item?: Node;
  readonly wrapped?: Node;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
}

const PATHS = [
  '../../../../etc/passwd',
  '/etc/passwd',
  '..\\..\\boot.ini',
  'file:///etc/passwd',
  '%2e%2e%2f',
  'a\0b',
  '.',
  '',
];

/** `ids`: real ones, of anything. */
export function inputFor(schema: unknown, ids: readonly string[]): Arbitrary<unknown> {
  const hostile = fc.oneof(
    fc.constantFrom(...PATHS),
    fc.constant('x'.repeat(1_000_000)),
    fc.string({ unit: 'binary', maxLength: 50 }),
    fc.anything({
      withTypedArray: false,
      withDate: false,
      withMap: false,
      withSet: false,
      withBigInt: false,
    }),
  );
  return fc.oneof(
    { weight: 5, arbitrary: valueOf(schema as Node, ids, hostile) },
    { weight: 1, arbitrary: hostile },
  );
}

function valueOf(node: Node, ids: readonly string[], hostile: Arbitrary<unknown>): Arbitrary<unknown> {
  const inner = (child: Node): Arbitrary<unknown> => valueOf(child, ids, hostile);
  const now = (usual: Arbitrary<unknown>): Arbitrary<unknown> =>
    fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: hostile });
  switch (node.type) {
    case 'strict_object':
      return fc.record(
        Object.fromEntries(Object.entries(node.entries ?? {}).map(([key, entry]) => [key, inner(entry)])),
      );
    case 'string':
      return now(textFor(node, ids));
    case 'number':
      return now(numberFor(node));
    case 'boolean':
      return now(fc.boolean());
    case 'array':
      return now(fc.array(inner(node.item ?? { type: 'string' }), { maxLength: 4 }));
    case 'strict_tuple':
    case 'tuple':
      return fc.tuple(...(node.items ?? []).map(inner));
    case 'picklist':
      return now(fc.constantFrom(...(node.options ?? [])));
    case 'literal':
      return now(fc.constant(node.literal));
    case 'optional':
    case 'exact_optional':
      return fc.oneof(inner(node.wrapped ?? { type: 'string' }), fc.constant(undefined));
    case 'nullable':
      return fc.oneof(inner(node.wrapped ?? { type: 'string' }), fc.constant(null));
    case 'union':
    case 'variant':
      return fc.oneof(...(node.options ?? []).map((option) => inner(option as Node)));
    default:
      return hostile;
  }
}

/** An id where there is a pattern for one; else some text, or a path. */
function textFor({ pipe = [] }: Node, ids: readonly string[]): Arbitrary<string> {
  const isId = pipe.some(({ type }) => type === 'regex');
  if (isId) return fc.oneof(fc.constantFrom(...ids), fc.stringMatching(/^[a-z0-9_-]{1,20}$/));
  return fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom(...PATHS, 'anna', '2', '% _ "'),
  );
}

function numberFor({ pipe = [] }: Node): Arbitrary<number> {
  const bound = (type: string, usual: number): number => {
    const { requirement } = pipe.find((action) => action.type === type) ?? {};
    return typeof requirement === 'number' ? requirement : usual;
  };
  const [min, max] = [bound('min_value', -1e9), bound('max_value', 1e9)];
  // small ones: large counts of steps and pictures are only slow
  return fc.oneof(
    fc.integer({ min, max: Math.min(max, min + 3) }),
    fc.constantFrom(min, NaN, Infinity, 0.5, -1),
  );
}
