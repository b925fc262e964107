/**
 * The difference hash of a picture: 64 bits that stay nearly the same when it is scaled, recompressed or toned.
 * services/photos/alike.ts finds those that differ in few bits.
 */

const [COLUMNS, ROWS] = [9, 8];

/**
 * Of interleaved 8-bit pixels, `channels` 1 to 4: the mean luma of 9 x 8 cells, and a bit for each cell that is darker
 * than its right neighbour, row by row, most significant bit first.
 */
export function dhashOf(data: Uint8Array, width: number, height: number, channels: number): Uint8Array {
  const cells = new Float64Array(COLUMNS * ROWS);
  for (let row = 0; row < ROWS; row++) {
    const [top, bottom] = span(row, ROWS, height);
    for (let column = 0; column < COLUMNS; column++) {
      const [left, right] = span(column, COLUMNS, width);
      let sum = 0;
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) sum += luma(data, channels * (y * width + x), channels);
      cells[row * COLUMNS + column] = sum / ((bottom - top) * (right - left));
    }
  }
  const hash = new Uint8Array(ROWS);
  for (let row = 0; row < ROWS; row++)
    for (let bit = 0; bit < 8; bit++)
      if (cells[row * COLUMNS + bit]! < cells[row * COLUMNS + bit + 1]!) hash[row]! |= 0x80 >> bit;
  return hash;
}

/** Cell `i` of `n` over `length` pixels; never empty, so that a picture of one pixel has a hash too. */
function span(i: number, n: number, length: number): [number, number] {
  const start = Math.min(length - 1, Math.floor((i * length) / n));
  return [start, Math.max(start + 1, Math.floor(((i + 1) * length) / n))];
}

/** Rec. 601. */
function luma(data: Uint8Array, at: number, channels: number): number {
  if (channels < 3) return data[at]!;
  return 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
}
