/**
 * A whole studio in memory for windows under test: every call of the contract, answered from data.ts, so that pages can
 * be built, looked at and timed without a disk or an engine. dev.ts serves it to a browser.
 */
import { Broadcast, changesOf, mergeChanges } from '../../../src/contract/events.ts';
import type { Changes, Topic } from '../../../src/contract/events.ts';
import type { StudioHandlers } from '../../../src/contract/studio.ts';
import { UserError } from '../../../src/domain/errors.ts';
import { fakeData } from './data.ts';
import type { FakeData } from './data.ts';
import { FOLDER, libraryOf } from './library.ts';
import { peopleOf } from './people.ts';
import { faceBox, pictureOf } from './pictures.ts';
import { renditionsOf } from './renditions.ts';
import { workOf } from './work.ts';

export interface FakeStudio {
  readonly data: FakeData;
  readonly handlers: StudioHandlers;
  /** The SVG for an image of a kind (thumb, photo, rendition, variation, face) and an id; undefined for an unknown one. */
  picture(kind: string, id: string): string | undefined;
}

const PLACES = ['Pictures', 'Documents', 'Scans'].map((title, i) => ({
  id: `place-${i}`,
  title,
  kind: i === 0 ? ('pictures' as const) : ('folder' as const),
}));

/** `photos` 0: an empty library that gets 60 when a folder is added. `stepMs`: how long a step of a job takes. */
export function fakeStudio(photos: number, stepMs = 300): FakeStudio {
  const data = fakeData(photos);
  const changes = new Broadcast<Changes>(mergeChanges);
  const tell = (topic: Topic): void => changes.publish({ changed: [{ topic, ids: null }] });
  const handlers: StudioHandlers = {
    events: { changes: ({ topics }, { signal }) => changesOf(changes.subscribe(signal), topics) },
    host: {
      about: () => ({ kind: 'browser', dialogs: false }),
      places: () => PLACES,
      children: ({ place }) => ({ title: place, parent: null, places: PLACES.slice(1) }),
      pickFolder: () => null,
      pickFile: () => null,
      addFolder: () => {
        if (data.photos.length === 0) data.photos.push(...fakeData(60).photos);
        tell('library');
        tell('photos');
        return { ...FOLDER, photos: data.photos.length };
      },
      addTarget: () => ({ id: 'target-0', title: '/home/me/Pictures/Restored' }),
      reveal: () => {
        throw new UserError('usage', 'A browser cannot show files.');
      },
    },
    ...libraryOf(data, tell),
    ...peopleOf(data, tell),
    ...renditionsOf(data, tell),
    ...workOf(data, tell, stepMs),
  };
  return { data, handlers, picture: (kind, id) => pictureFor(data, kind, id) };
}

function pictureFor(data: FakeData, kind: string, id: string): string | undefined {
  if (kind === 'face') {
    const face = data.faces.find((f) => f.id === id);
    if (!face) return undefined;
    const { left, top, width } = faceBox(1200, 900);
    const n = Number(face.photo.split('-').at(-1));
    const view = `${left - 0.4 * width} ${top - 0.4 * width} ${1.8 * width} ${1.8 * width}`;
    return pictureOf(n, 1200, 900)
      .replace(/viewBox="[^"]*"/, `viewBox="${view}"`)
      .replace(/width="1200" height="900"/, 'width="256" height="256"');
  }
  const photo =
    data.photos.find((p) => p.id === id || id.endsWith(p.id)) ??
    data.photos.find((p) => p.id === data.renditions.find((r) => r.id === id)?.photo);
  if (!photo) return undefined;
  const n = Number(photo.id.split('-').at(-1));
  const picture = pictureOf(n, photo.width ?? 1200, photo.height ?? 900);
  return kind === 'rendition' ? picture.replaceAll('35%', '55%').replaceAll('28%', '48%') : picture;
}
