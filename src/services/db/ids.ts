/**
 * Opaque ids of rows: random, never derived from a path or a counter. domain/fields.ts has the schema of one.
 */
import { randomBytes } from 'node:crypto';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

/** 80 random bits as 16 letters and digits. */
export function newId(): string {
  let id = '';
  const bytes = randomBytes(10);
  for (let group = 0; group < 10; group += 5) {
    let bits = 0n;
    for (let i = 0; i < 5; i++) bits = (bits << 8n) | BigInt(bytes[group + i]!);
    for (let shift = 35n; shift >= 0n; shift -= 5n) id += LETTERS[Number((bits >> shift) & 31n)] ?? '';
  }
  return id;
}
