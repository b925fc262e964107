/**
 * How fast this machine is, as it was measured: seconds a step by what was done, kept among the settings.
 * Workers measure, jobs.service.ts estimates with it.
 */
import type { Database } from '../db/database.ts';

/** How much the newest measurement counts. */
const WEIGHT = 0.5;

export class Speeds {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Seconds, or null before any was measured. `what` is letters, digits, dots and hyphens: `finetune.face-128.adapter`. */
  secondsPerStep(what: string): number | null {
    const json = this.#db.column<string>('SELECT value FROM settings WHERE name = ?').get(nameOf(what));
    const value: unknown = json === undefined ? null : JSON.parse(json);
    return typeof value === 'number' && value > 0 ? value : null;
  }

  measured(what: string, seconds: number): void {
    if (!(seconds > 0 && seconds < 1e6)) return;
    const before = this.secondsPerStep(what);
    const value = before === null ? seconds : WEIGHT * seconds + (1 - WEIGHT) * before;
    this.#db.run(
      'INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      nameOf(what),
      JSON.stringify(value),
    );
  }
}

const nameOf = (what: string): string => `speed.${what}`;
