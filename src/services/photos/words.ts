/**
 * What was typed into the search field, as words: any text is a search, none is an error. search.ts asks the database.
 */

/** More words narrow nothing down; each costs. */
const MOST_WORDS = 8;
const MONTH_LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'nl', 'pt', 'pl', 'sv'];

export interface Word {
  /** Folded: lower case, without marks. */
  readonly text: string;
  /** FTS5 terms of the column `dates` that the word may also mean, without quotes. */
  readonly dates: readonly string[];
}

/** Letters and digits, in order; a date such as 1944-03-17 or 1944-03 stays one word. */
export function wordsOf(typed: string): Word[] {
  const words: Word[] = [];
  const pattern =
    /(?<!\d)(\d{4})-(0[1-9]|1[0-2])(?:-(\d\d))?(?!\d)|(?<!\d)(\d{3})0s(?![\p{L}\p{N}])|[\p{L}\p{N}\p{M}]+/gu;
  for (const match of typed.normalize('NFC').matchAll(pattern)) {
    if (words.length === MOST_WORDS) break;
    const [whole, year, month, day, decade] = match;
    if (year !== undefined) words.push({ text: '', dates: [`${year}${month ?? ''}${day ?? ''}`] });
    else if (decade !== undefined)
      words.push({ text: folded(whole), dates: Array.from({ length: 10 }, (_, i) => `${decade}${i}`) });
    else {
      const text = folded(whole);
      if (text === '') continue;
      const number = months().get(text);
      words.push({ text, dates: number === undefined ? [] : [`m${String(number).padStart(2, '0')}`] });
    }
  }
  return words;
}

/** As FTS5's unicode61 with remove_diacritics 2 folds, near enough for names of people. */
export function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').normalize('NFC').toLowerCase();
}

/** The MATCH expression of words that all must be there: beginnings of words, and dates. Always valid FTS5. */
export function matchOf(words: readonly Word[]): string {
  return words
    .map(({ text, dates }) => {
      // one letter alone would be half the library
      const name = text === '' ? [] : [text.length > 1 ? `"${text}"*` : `"${text}"`];
      return `(${[...name, ...dates.map((date) => `dates : "${date}"`)].join(' OR ')})`;
    })
    .join(' AND ');
}

let monthNames: ReadonlyMap<string, number> | undefined;

/** Names of months and their usual abbreviations, folded. */
function months(): ReadonlyMap<string, number> {
  if (monthNames) return monthNames;
  const names = new Map<string, number>();
  for (const language of MONTH_LANGUAGES)
    for (const style of ['short', 'long'] as const) {
      const format = new Intl.DateTimeFormat(language, { month: style, timeZone: 'UTC' });
      for (let month = 0; month < 12; month++) {
        const name = folded(format.format(Date.UTC(2000, month, 15))).replace(/\./g, '');
        if (/^\p{L}{3,}$/u.test(name) && !names.has(name)) names.set(name, month + 1);
      }
    }
  monthNames = names;
  return names;
}
