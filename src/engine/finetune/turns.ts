/**
 * When a finetune makes a preview: every so many steps, as long as the pictures take no more than their share of the time.
 * ../finetune.ts asks after each step; eta.ts measures, previews.ts makes them.
 */
import type { Pace } from './eta.ts';
import type { Work } from './run.ts';

export interface TurnRules {
  /** Steps between previews, at least; 0: none. */
  readonly every: number;
  /** Of the time the steps take, what previews may take, in all; the first is free. Undefined: as much as they do. */
  readonly share: number | undefined;
}

export class Turns {
  readonly #pace: Pace<Work>;
  readonly #rules: TurnRules;

  constructor(pace: Pace<Work>, rules: TurnRules) {
    this.#pace = pace;
    this.#rules = rules;
  }

  /** Whether a preview comes after this step, from 1. */
  due(step: number): boolean {
    const { every, share } = this.#rules;
    if (every === 0 || step % every !== 0) return false;
    const next = this.#pace.median('preview');
    if (share === undefined || next === undefined) return true;
    return this.#pace.total('preview') + next <= share * this.#pace.total('step');
  }

  /** About how many are still to come in so many steps. */
  left(steps: number): number {
    const { every, share } = this.#rules;
    if (every === 0) return 0;
    const [step, preview] = [this.#pace.median('step'), this.#pace.median('preview')];
    const most = Math.floor(steps / every);
    if (share === undefined || !step || !preview) return most;
    return Math.min(most, (share * steps * step) / preview);
  }
}
