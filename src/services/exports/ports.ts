/**
 * What exports need from layers they may not import: somebody who can decode and encode pictures. processes/library plugs
 * imaging/photograph in.
 */
import type { ExportForm } from '../../domain/exporting.ts';

export interface PictureSource {
  /** A whole path: of an original, bytes where its name is no text. */
  readonly file: string | Buffer;
  /** What to call it in a sentence. */
  readonly name: string;
  /** domain/recipe.ts as JSON, where it is a restored version. */
  readonly recipe: string | undefined;
}

/**
 * Writes a picture in a form, whole or not at all; its bytes. `format` is never `same`. Throws UserError
 * `photo.unreadable`, `output.unwritable`, `cancelled`.
 */
export type WritePicture = (
  source: PictureSource,
  to: string,
  form: { readonly format: WrittenFormat } & Pick<ExportForm, 'quality' | 'depth' | 'longest'>,
  signal: AbortSignal,
) => Promise<number>;

export type WrittenFormat = Exclude<ExportForm['format'], 'same'>;
