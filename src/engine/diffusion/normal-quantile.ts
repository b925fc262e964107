/**
 * The inverse of the normal distribution function, the same to the last bit on every machine.
 * noise.ts feeds it uniform words; it uses + - * / and sqrt only, which IEEE 754 and ECMAScript round exactly.
 */

/**
 * The standard normal deviate at p = (word + 1/2) / 2^32, for a uniform `word` in 0..2^32-1; |result| <= 6.34.
 * Wichura (1988), algorithm AS 241 (PPND16), relative error about 1e-16. Its third region, p < exp(-25), lies beyond
 * 32 bits and is left out. Exactly odd: word and 2^32 - 1 - word give opposite values.
 */
export function normalQuantile(word: number): number {
  const q = (word + 0.5) * 2 ** -32 - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const r = 0.180625 - q * q;
    const above =
      ((((((2509.0809287301227 * r + 33430.575583588128) * r + 67265.7709270087) * r + 45921.95393154987) *
        r +
        13731.693765509461) *
        r +
        1971.5909503065513) *
        r +
        133.14166789178438) *
        r +
      3.3871328727963665;
    const below =
      ((((((5226.495278852854 * r + 28729.085735721943) * r + 39307.89580009271) * r + 21213.794301586597) *
        r +
        5394.196021424751) *
        r +
        687.1870074920579) *
        r +
        42.31333070160091) *
        r +
      1;
    return (q * above) / below;
  }
  const tail = q < 0 ? 0.5 + q : 0.5 - q;
  const r = Math.sqrt(minusLog(tail)) - 1.6;
  const above =
    ((((((7.745450142783414e-4 * r + 0.022723844989269184) * r + 0.2417807251774506) * r +
      1.2704582524523684) *
      r +
      3.6478483247632045) *
      r +
      5.769497221460691) *
      r +
      4.630337846156546) *
      r +
    1.4234371107496835;
  const below =
    ((((((1.0507500716444169e-9 * r + 5.475938084995345e-4) * r + 0.015198666563616457) * r +
      0.14810397642748008) *
      r +
      0.6897673349851) *
      r +
      1.6763848301838038) *
      r +
      2.053191626637759) *
      r +
    1;
  return q < 0 ? -above / below : above / below;
}

const LN2 = 0.6931471805599453;

/**
 * -log(p) for p = n / 2^33, n a whole number of 1..2^31-1. Math.log may differ in its last bit from engine to engine,
 * hence our own: p = m 2^e with m in [3/4, 3/2), log m = 2 atanh(s), s = (m - 1) / (m + 1), |s| <= 1/5, as a series.
 */
function minusLog(p: number): number {
  const n = p * 2 ** 33;
  let exponent = 31 - Math.clz32(n);
  let m = n / 2 ** exponent;
  if (m >= 1.5) {
    m /= 2;
    exponent++;
  }
  const s = (m - 1) / (m + 1);
  const s2 = s * s;
  let series = 0;
  for (let k = 23; k >= 1; k -= 2) series = series * s2 + 1 / k;
  return (33 - exponent) * LN2 - 2 * s * series;
}
