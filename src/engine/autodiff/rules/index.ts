/** The total table of gradient rules: an op without one does not compile. vjp.ts walks with it. */
import type { OpName } from '../../graph/attributes.ts';
import { contractionRules } from './contractions.ts';
import { elementwiseRules } from './elementwise.ts';
import { movementRules } from './movement.ts';
import { reductionRules } from './reductions.ts';
import type { Rule } from './rule.ts';

/** The rule of each op. */
export const rules: { readonly [K in OpName]: Rule<K> } = {
  ...elementwiseRules,
  ...reductionRules,
  ...movementRules,
  ...contractionRules,
};
