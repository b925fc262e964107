/**
 * Adds up the gradients that reach one value, in as few passes as its kind allows: pieces that tile an axis are joined,
 * not padded and added; affine pieces of the same image become one. vjp.ts asks; the rules make the pieces.
 */
import type { GraphBuilder } from '../graph/build.ts';
import type { NodeOf, Value } from '../graph/ir.ts';

/** The sum, or undefined when nothing reached the value. */
export function sumCotangents(b: GraphBuilder, parts: readonly Value[]): Value | undefined {
  const [first, ...more] = parts;
  if (!first) return undefined;
  if (more.length === 0) return first;
  const joined = joinPlaces(b, parts);
  if (joined) return joined;
  const merged = mergeAffine(b, parts);
  const [head, ...tail] = merged;
  return tail.reduce<Value | undefined>((sum, part) => (sum ? b.add(sum, part) : part), head);
}

/** The gradients of slices of one value: concatenated when they cover their axis without gap or overlap. */
function joinPlaces(b: GraphBuilder, parts: readonly Value[]): Value | undefined {
  const places = parts.flatMap((part) => {
    const node = b.producerOf(part);
    return node?.op === 'place' ? [node] : [];
  });
  const [first] = places;
  if (!first || places.length !== parts.length) return undefined;
  const { axis, size } = first.attributes;
  const sorted = places.toSorted((p, q) => p.attributes.from - q.attributes.from);
  let end = 0;
  for (const { attributes, inputs } of sorted) {
    if (attributes.axis !== axis || attributes.from !== end) return undefined;
    end += inputs[0]?.shape[axis] ?? 0;
  }
  return end === size
    ? b.concat(
        sorted.flatMap((node) => node.inputs),
        axis,
      )
    : undefined;
}

/** a x + b and c x + d of the same x: (a + c) x + (b + d). Group norm's two means come back so. */
function mergeAffine(b: GraphBuilder, parts: readonly Value[]): Value[] {
  const groups = new Map<Value, NodeOf<'affine'>[]>();
  const others: Value[] = [];
  for (const part of parts) {
    const node = b.producerOf(part);
    const [x] = node?.inputs ?? [];
    if (node?.op !== 'affine' || !x) others.push(part);
    else groups.set(x, [...(groups.get(x) ?? []), node]);
  }
  const zero = (value: Value): boolean => {
    const node = b.producerOf(value);
    return node?.op === 'constant' && node.attributes.data.every((v) => v === 0);
  };
  const sum = (values: readonly Value[]): Value => {
    const [first, ...rest] = values.filter((value) => !zero(value));
    return first ? rest.reduce((s, v) => b.add(s, v), first) : values[0]!;
  };
  const merged = [...groups].map(([x, nodes]) =>
    nodes.length === 1
      ? nodes[0]!.output
      : b.affine(x, sum(nodes.map((n) => n.inputs[1]!)), sum(nodes.map((n) => n.inputs[2]!))),
  );
  return [...others, ...merged];
}
