/**
 * How an export writes one picture: read whole, made smaller where that is wanted, written with all it carried.
 * services/exports decides what and where; imaging/photograph does it.
 */
import { readPhotograph } from '../../imaging/photograph/read.ts';
import { savePhotograph } from '../../imaging/photograph/save.ts';
import { smallerPhotograph } from '../../imaging/photograph/smaller.ts';
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
  const photo = form.longest === null ? whole : await smallerPhotograph(whole, form.longest);
  const { bytes } = await savePhotograph(photo, to, {
    ...{ format: form.format, quality: form.quality, depth: form.depth === 16 ? photo.depth : 8, signal },
    metadata: {
      software: `Albumen ${appVersion()}`,
      ...(recipe !== undefined && { restoredFaces: true, recipe }),
    },
  });
  return bytes;
};
