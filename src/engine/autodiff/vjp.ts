/**
 * Reverse-mode differentiation: one walk back over the graph that adds gradient nodes to the same graph, so that whatever
 * runs the model also runs its gradient. rules/ says what each op's gradient is; broadcasting is undone here, once.
 */
import { invariant } from '../../domain/errors.ts';
import type { OpName } from '../graph/attributes.ts';
import type { GraphBuilder } from '../graph/build.ts';
import type { Node, NodeOf, Value } from '../graph/ir.ts';
import { sameShape } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import { sumCotangents } from './accumulate.ts';
import { rules } from './rules/index.ts';
import type { Rule } from './rules/rule.ts';

/**
 * The gradients of a scalar by each of `wrt`, as values of the same graph and of the same shapes. `of` must have one
 * element. Only what lies between is differentiated: frozen weights cost nothing. Throws `internal: ...` where `of` does
 * not depend on one of `wrt`.
 */
export function gradients(b: GraphBuilder, of: Value, wrt: readonly Value[]): Value[] {
  invariant(
    of.shape.every((d) => d === 1),
    'gradients are of a scalar',
  );
  const path = nodesBetween(b.nodes, of, wrt);
  const cotangents = new Map<Value, Value[]>([[of, [b.constant(of.shape, [1])]]]);
  b.scope('gradient', () => {
    for (const node of path.nodes.toReversed()) {
      const g = sumCotangents(b, cotangents.get(node.output) ?? []);
      if (!g) continue;
      // what is summed once stays summed, for those asked for by name
      cotangents.set(node.output, [g]);
      walkBack(b, node, g, path.active, cotangents);
    }
  });
  return wrt.map((value, i) => {
    const g = b.scope('gradient', () => sumCotangents(b, cotangents.get(value) ?? []));
    invariant(g, `the result does not depend on value ${i} of those to differentiate by`);
    return g;
  });
}

interface Path {
  /** In graph order. */
  readonly nodes: readonly Node[];
  /** Values that depend on one of `wrt`. */
  readonly active: ReadonlySet<Value>;
}

function nodesBetween(all: readonly Node[], of: Value, wrt: readonly Value[]): Path {
  const active = new Set(wrt);
  const forward = all.filter((node) => {
    const depends = node.inputs.some((value) => active.has(value));
    if (depends) active.add(node.output);
    return depends;
  });
  const needed = new Set([of]);
  const nodes = forward.toReversed().filter((node) => {
    if (!needed.has(node.output)) return false;
    for (const value of node.inputs) needed.add(value);
    return true;
  });
  return { nodes: nodes.reverse(), active };
}

function walkBack<K extends OpName>(
  b: GraphBuilder,
  node: NodeOf<K>,
  g: Value,
  active: ReadonlySet<Value>,
  cotangents: Map<Value, Value[]>,
): void {
  const rule: Rule<K> = rules[node.op];
  const parts = b.scope(node.name, () => {
    const backs = rule(b, node, g);
    return node.inputs.map((value, i) => {
      const back = backs[i];
      invariant(back !== undefined, `${node.op} has no gradient by input ${i}`);
      return active.has(value) && back !== 'stop' ? unbroadcast(b, back(), value.shape) : undefined;
    });
  });
  node.inputs.forEach((value, i) => {
    const part = parts[i];
    if (!part) return;
    const known = cotangents.get(value);
    if (known) known.push(part);
    else cotangents.set(value, [part]);
  });
}

/** Sums a cotangent over the axes along which its value was repeated. */
function unbroadcast(b: GraphBuilder, g: Value, shape: Shape): Value {
  if (sameShape(g.shape, shape)) return g;
  const rank = g.shape.length;
  const repeated = g.shape.flatMap((d, i) => (d !== (shape[i - rank + shape.length] ?? 1) ? [i] : []));
  const summed = repeated.length > 0 ? b.sum(g, repeated) : g;
  return sameShape(summed.shape, shape) ? summed : b.reshape(summed, shape);
}
