/**
 * A 5 x 7 pixel typeface for labels on pictures: the same on every machine, whatever fonts it has (many have none).
 * sheet.ts is its user.
 */
import type { Raster } from './pixels.ts';

/** Seven rows from the top, a base-32 digit each; its bits are five pixels, left to right. */
const GLYPHS: Readonly<Record<string, string>> = {
  ...{ A: 'ehhvhhh', B: 'uhhuhhu', C: 'ehggghe', D: 'uhhhhhu', E: 'vgguggv', F: 'vgguggg', G: 'ehgnhhf' },
  ...{ H: 'hhhvhhh', I: 'e44444e', J: '72222ic', K: 'hikokih', L: 'ggggggv', M: 'hrllhhh', N: 'hpljhhh' },
  ...{ O: 'ehhhhhe', P: 'uhhuggg', Q: 'ehhhlid', R: 'uhhukih', S: 'fgge11u', T: 'v444444', U: 'hhhhhhe' },
  ...{ V: 'hhhhha4', W: 'hhhllrh', X: 'hha4ahh', Y: 'hha4444', Z: 'v1248gv', ' ': '0000000', '-': '000e000' },
  ...{ 0: 'ehjlphe', 1: '4c4444e', 2: 'eh1248v', 3: 'v2421he', 4: '26aiv22', 5: 'vgu11he', 6: '68guhhe' },
  ...{
    7: 'v124888',
    8: 'ehhehhe',
    9: 'ehhf12c',
    '.': '00000cc',
    ',': '0000c48',
    ':': '0cc0cc0',
    '=': '00v0v00',
  },
  ...{ '%': 'op248j3', '(': '2488842', ')': '8422248', '+': '044v440', '/': '01248g0', '?': 'eh12404' },
};
const ADVANCE = 6;

/** Rows of a glyph; a label is `7 * scale` pixels high. */
export const GLYPH_HEIGHT = 7;

/** The width in pixels of a label at `scale`. */
export function labelWidth(text: string, scale: number): number {
  return Math.max(0, (text.length * ADVANCE - 1) * scale);
}

/** Draws capitals in one grey level onto the raster, top left at (x, y); what falls outside is left out. */
export function drawLabel(
  { width, height, data }: Raster,
  text: string,
  at: { readonly x: number; readonly y: number; readonly scale: number; readonly grey: number },
): void {
  const { scale, grey } = at;
  const dot = (left: number, top: number): void => {
    for (let y = Math.max(0, top); y < Math.min(height, top + scale); y++)
      for (let x = Math.max(0, left); x < Math.min(width, left + scale); x++)
        data.fill(grey, 3 * (y * width + x), 3 * (y * width + x) + 3);
  };
  Array.from(text.toUpperCase()).forEach((letter, i) => {
    const rows = GLYPHS[letter] ?? GLYPHS['?'] ?? '';
    Array.from(rows).forEach((digit, row) => {
      const bits = parseInt(digit, 32);
      for (let column = 0; column < 5; column++)
        if (bits & (16 >> column)) dot(at.x + (i * ADVANCE + column) * scale, at.y + row * scale);
    });
  });
}
