/**
 * How an export writes one picture: read whole, made smaller where that is wanted, written with all it carried.
 * services/exports decides what and where; imaging/photograph does it.
 */
import type { Photograph } from '../../imaging/photograph.ts';
import { readPhotograph } from '../../imaging/photograph/read.ts';
import { savePhotograph } from '../../imaging/photograph/save.ts';
import { readScaled } from '../../imaging/photograph/scaled.ts';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import type { WritePicture } from '../../services/exports/ports.ts';
import { appVersion } from '../version.ts';

export const writePicture: WritePicture = async ({ file, name, recipe }, to, form, signal) => {
  if (typeof file !== 'string')
    throw new UserError(
      'photo.unreadable',
      `${quoted(name)} has a name that is no text, and can only be copied.`,
      'Choose "as the original" without another size, or rename the file.',
    );
  const whole = await readPhotograph(file, { signal });
  const photo = form.longest === null ? whole : await smaller(whole, form.longest);
  const { bytes } = await savePhotograph(photo, to, {
    ...{ format: form.format, quality: form.quality, depth: form.depth === 16 ? photo.depth : 8, signal },
    metadata: {
      software: `Albumen ${appVersion()}`,
      ...(recipe !== undefined && { restoredFaces: true, recipe }),
    },
  });
  return bytes;
};

/** At most `longest` pixels a side, in sRGB of 8 bits; never larger than it was. */
async function smaller(photo: Photograph, longest: number): Promise<Photograph> {
  const scale = longest / Math.max(photo.width, photo.height);
  if (scale >= 1) return photo;
  const [width = 1, height = 1] = [photo.width, photo.height].map((side) =>
    Math.max(1, Math.round(scale * side)),
  );
  const area = { left: 0, top: 0, width: photo.width, height: photo.height };
  const { data } = await readScaled(photo, area, width, height);
  const { icc: _, ...source } = photo.source;
  return { width, height, channels: 3, depth: 8, data, source };
}
