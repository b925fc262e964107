/**
 * What a gradient rule is. The families (elementwise, reductions, movement, contractions) are one file each; index.ts joins
 * them into the total table.
 */
import type { OpName } from '../../graph/attributes.ts';
import type { GraphBuilder } from '../../graph/build.ts';
import type { NodeOf, Value } from '../../graph/ir.ts';

/** For one input: builds its cotangent when it is needed; or 'stop', where the gradient is zero by right. */
type Back = (() => Value) | 'stop';

/**
 * Given the output's cotangent g, one Back for each input. A cotangent may have the output's broadcast shape: vjp.ts sums
 * it down. A Back runs only for inputs that lead to something differentiated by.
 */
export type Rule<K extends OpName> = (b: GraphBuilder, node: NodeOf<K>, g: Value) => readonly Back[];

/** A family of rules: every op in it, none else. */
export type Family<K extends OpName> = { readonly [Op in K]: Rule<Op> };
