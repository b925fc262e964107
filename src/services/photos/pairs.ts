/**
 * Front and back of a print, told by the names scanners and people give them. scan.ts applies it folder by folder; what
 * a person paired by hand is never touched.
 */

/** What the name of a back adds to that of its front. */
const BACK =
  /^(.+?)(?:[-_ .]?\((?:b|back|verso)\)|[-_ .](?:back|b|verso|reverse|r[uü]e?ckseite|dos|retro|reverso))$/iu;
/** What the name of a front may add itself: oma_a with oma_b, oma_front with oma_back. */
const FRONT_TAILS = [
  '',
  '_a',
  '-a',
  ' a',
  '.a',
  '_front',
  '-front',
  ' front',
  '_f',
  '-f',
  '_recto',
  '-recto',
];
/** Scanners that turn the print: NAME_0001, NAME_0002, and no other of that name. */
const TURNED = /^(.*\p{L}.*)[-_ ](0{1,3}[12])$/u;
/** Names that cameras count in are no names. */
const COUNTED = /(?:^|[^\p{L}])(?:img|dsc[a-z]?|mvi|pict?|cimg|sam|gopr|image|photo|foto|bild|p|mg|scan)$/iu;

/** Of the names in one folder: each back with its front. Case does not matter, and neither do the endings. */
export function pairsIn(names: readonly string[]): ReadonlyMap<string, string> {
  const byStem = new Map<string, string>();
  for (const name of [...names].sort()) {
    const stem = stemOf(name);
    if (!byStem.has(stem)) byStem.set(stem, name);
  }
  const pairs = new Map<string, string>();
  const turned = new Map<string, { number: number; name: string }[]>();
  for (const name of names) {
    const stem = stemOf(name);
    const base = BACK.exec(stem)?.[1];
    const front = base !== undefined && FRONT_TAILS.map((tail) => byStem.get(base + tail)).find(Boolean);
    if (front !== undefined && front !== false && front !== name) pairs.set(name, front);
    const sides = TURNED.exec(stem);
    if (sides?.[1] !== undefined && !COUNTED.test(sides[1])) {
      const key = `${sides[1]}/${sides[2]?.length ?? 0}`;
      turned.set(key, [...(turned.get(key) ?? []), { number: Number(sides[2]), name }]);
    }
  }
  for (const [key, sides] of turned) {
    const base = key.slice(0, key.lastIndexOf('/'));
    const first = sides.find(({ number }) => number === 1);
    const second = sides.find(({ number }) => number === 2);
    const third = [...byStem.keys()].some((stem) => isThird(stem, base));
    if (sides.length === 2 && first && second && !third && !pairs.has(second.name))
      pairs.set(second.name, first.name);
  }
  return pairs;
}

/** NAME_0003 and more: then the numbers count prints, not sides. */
function isThird(stem: string, base: string): boolean {
  const number = stem.startsWith(base) ? /^[-_ ](\d+)$/.exec(stem.slice(base.length)) : null;
  return number !== null && Number(number[1]) > 2;
}

function stemOf(name: string): string {
  return name
    .replace(/\.\w+$/, '')
    .normalize('NFC')
    .toLowerCase();
}
