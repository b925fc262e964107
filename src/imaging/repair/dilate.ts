/**
 * Marked pixels made wider, for masks: shapes.ts joins parts with it, fill.ts takes the soft rim of damage along.
 */

/** 1 at every pixel within `reach` of one that is set (not 0), along both axes (a square). */
export function dilated(
  set: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  reach: number,
): Uint8Array {
  const rows = new Uint8Array(set.length);
  const out = new Uint8Array(set.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (set[y * width + x])
        rows.fill(1, y * width + Math.max(0, x - reach), y * width + Math.min(width, x + reach + 1));
  for (let y = 0; y < height; y++)
    for (let from = Math.max(0, y - reach); from <= Math.min(height - 1, y + reach); from++)
      for (let x = 0; x < width; x++) if (rows[from * width + x]) out[y * width + x] = 1;
  return out;
}
