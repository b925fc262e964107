/**
 * What the results of whole photos are called: a template, the tree of the folder that was given, numbers where two
 * would collide. ../photos.ts finds the photos; whole.ts writes.
 */
import { existsSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { PhotoFormat } from '../../imaging/photograph.ts';
import { FORMAT_EXTENSIONS } from '../../imaging/photograph/save.ts';
import type { PhotoInput } from '../photos.ts';

const PLACES = ['name', 'n', 'date'] as const;

/** Throws what commander shows for a template that names no file. */
export function checkTemplate(template: string): string {
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)].find(
    ([, place = '']) => !PLACES.some((p) => p === place),
  );
  if (unknown) throw new InvalidArgumentError(`There is no ${unknown[0]}: only {name}, {n} and {date}.`);
  if (/[/\\\p{Cc}]/u.test(template) || /^[.\s]*$/.test(template) || template.length > 150)
    throw new InvalidArgumentError('It must be a name of a file, without folders.');
  return template;
}

/** Whether names can only be told once a photo was read. */
export function wantsDate(template: string): boolean {
  return template.includes('{date}');
}

/** Stems (paths without an ending) for one photo after the other; the same photos in the same order get the same ones. */
export class Namer {
  readonly #out: string;
  readonly #template: string;
  readonly #taken = new Set<string>();
  #n = 0;

  constructor(out: string, template: string) {
    this.#out = out;
    this.#template = template;
  }

  /** `taken` is when the photo was, as EXIF writes it. Ask once for each photo, in order. */
  stemOf({ path, tree }: PhotoInput, taken: string | undefined): string {
    this.#n++;
    const values = { name: basename(path, extname(path)), n: String(this.#n), date: dateOf(taken) };
    const name = this.#template.replace(
      /\{(name|n|date)\}/g,
      (_, place: keyof typeof values) => values[place],
    );
    const plain = join(this.#out, tree, name);
    let stem = plain;
    // folded, because a.jpg and A.jpg are one file on many systems
    for (let n = 2; this.#taken.has(stem.toLowerCase()); n++) stem = `${plain}-${n}`;
    this.#taken.add(stem.toLowerCase());
    return stem;
  }
}

/** 2001:02:03 04:05:06 to 2001-02-03. */
function dateOf(taken = ''): string {
  const [, year, month, day] = /^(\d{4})[:-](\d\d)[:-](\d\d)/.exec(taken) ?? [];
  return year === undefined || Number(year) === 0 ? 'undated' : `${year}-${month}-${day}`;
}

/** One stem for each result: as it is, or numbered by candidate. */
export function stemsOf(stem: string, results: number): string[] {
  return results === 1 ? [stem] : Array.from({ length: results }, (_, i) => `${stem}-${i + 1}`);
}

export function resultPath(stem: string, format: PhotoFormat): string {
  return `${stem}${FORMAT_EXTENSIONS[format][0] ?? ''}`;
}

/** The result of this stem that is there: of `format`, or of any. */
export function existingResult(stem: string, format: PhotoFormat | undefined): string | undefined {
  const endings = format ? FORMAT_EXTENSIONS[format] : Object.values(FORMAT_EXTENSIONS).flat();
  return endings.map((ending) => `${stem}${ending}`).find((path) => existsSync(path));
}
