/**
 * The fake library's answers: pages, timeline and folders, over the photos of data.ts.
 * Filters work as far as windows under test ask for them; services/photos is the real thing.
 */
import type { ContractHandlers } from '../../../src/contract/rpc.ts';
import type { studio } from '../../../src/contract/studio.ts';
import { UserError } from '../../../src/domain/errors.ts';
import type { LibraryFolder, PhotoFilter, PhotoOrder, ScanProgress } from '../../../src/domain/library.ts';
import type { Photo, PhotoDetails } from '../../../src/domain/photo.ts';
import type { FakeData } from './data.ts';

type Handlers = ContractHandlers<typeof studio>;

export const FOLDER: LibraryFolder = {
  id: 'folder-0',
  title: 'Family scans',
  place: '/home/me/Pictures/Family scans',
  state: 'present',
  photos: 0,
  scannedAt: Date.UTC(2026, 10, 1),
};

/** Asked one after another: a scan that takes a while. */
const SCAN_STEPS = 20;
const SCAN_STEP_MS = 40;

export function libraryOf(
  data: FakeData,
  tell: (topic: 'photos' | 'library') => void,
): Pick<Handlers, 'photos' | 'library'> {
  const chosen = (filter: PhotoFilter, order: PhotoOrder): Photo[] => {
    const kept =
      Object.keys(filter).length === 0 ? data.photos : data.photos.filter((p) => fits(data, p, filter));
    return order === 'newest' ? kept : [...kept].reverse();
  };
  const find = (id: string): Photo => {
    const photo = data.photos.find((p) => p.id === id);
    if (!photo) throw new UserError('usage', 'This photo is not in the library any more.');
    return photo;
  };
  return {
    photos: {
      page: ({ filter, order, offset, limit }) => ({
        photos: chosen(filter, order).slice(offset, offset + limit),
      }),
      timeline: ({ filter, order }) => {
        const rows = chosen(filter, order);
        const months = new Map<string, number>();
        for (const { capturedAt } of rows) {
          const month = new Date(capturedAt).toISOString().slice(0, 7);
          months.set(month, (months.get(month) ?? 0) + 1);
        }
        return {
          total: rows.length,
          months: [...months].map(([month, count]) => ({ month, count })),
          more: false,
        };
      },
      position: ({ photo, filter, order }) => {
        const at = chosen(filter, order).findIndex(({ id }) => id === photo);
        return at < 0 ? null : at;
      },
      ids: ({ filter, order, limit }) =>
        chosen(filter, order)
          .slice(0, limit)
          .map(({ id }) => id),
      get: ({ photo }) => detailsOf(find(photo)),
      getMany: ({ photos }) => ({ photos: data.photos.filter(({ id }) => photos.includes(id)) }),
      update: ({ photos, edit }) => {
        for (const [i, photo] of data.photos.entries())
          if (photos.includes(photo.id) && edit.rating !== undefined)
            data.photos[i] = { ...photo, rating: edit.rating };
        tell('photos');
        return undefined;
      },
      pair: () => undefined,
      unpair: () => undefined,
      copies: () => ({ total: 0, groups: [] }),
      duplicates: ({ offset, limit }) => {
        const groups = [0, 1, 2].flatMap((i) => {
          const photos = data.photos.slice(2 * i, 2 * i + 2);
          return photos.length < 2 ? [] : [{ identical: i === 0, count: 2, photos }];
        });
        return { total: groups.length, groups: groups.slice(offset, offset + limit) };
      },
      alike: ({ limit }) => data.photos.slice(0, Math.min(3, limit)).map((photo) => ({ photo, distance: 4 })),
    },
    library: {
      folders: () => (data.photos.length > 0 ? [{ ...FOLDER, photos: data.photos.length }] : []),
      directories: () => [{ name: 'Album 1', directory: 'Album 1', photos: 40 }],
      removeFolder: () => {
        data.photos.length = 0;
        tell('library');
        return undefined;
      },
      async *scan(_, { signal }) {
        for (let i = 0; i <= SCAN_STEPS; i++) {
          if (signal.aborted) return;
          await new Promise((resolve) => setTimeout(resolve, SCAN_STEP_MS));
          yield progressAt(i, data.photos.length);
        }
      },
      stopScan: () => undefined,
      stats: () => ({ photos: data.photos.length, bytes: 8e9, cacheBytes: 3e8, missing: 4, restored: 12 }),
    },
  };
}

function fits(data: FakeData, photo: Photo, filter: PhotoFilter): boolean {
  const { text, person, rating, restored, damaged, from, before } = filter;
  if (text !== undefined && !photo.title.toLowerCase().includes(text.toLowerCase())) return false;
  if (person !== undefined && !data.faces.some((face) => face.photo === photo.id && face.person === person))
    return false;
  if (rating !== undefined && photo.rating < rating) return false;
  if (restored !== undefined && photo.renditions > 0 !== restored) return false;
  if (damaged !== undefined && photo.damaged !== damaged) return false;
  return photo.capturedAt >= (from ?? -Infinity) && photo.capturedAt < (before ?? Infinity);
}

function detailsOf(photo: Photo): PhotoDetails {
  const damage = photo.damaged ? 'The file ends in the middle of the picture.' : null;
  return {
    ...photo,
    folder: FOLDER.id,
    path: photo.title,
    bytes: 2_300_000,
    format: 'jpeg',
    capturedFrom: 'hand',
    camera: 'Flatbed scanner',
    gps: null,
    place: 'Lake house',
    note: '',
    damage,
    front: null,
    copies: [],
  };
}

function progressAt(step: number, photos: number): ScanProgress {
  const read = Math.round((photos * step) / SCAN_STEPS);
  const counts = { added: read, changed: 0, moved: 0, missing: 0, returned: 0, troubled: 0, problems: [] };
  const stage = step === SCAN_STEPS ? 'done' : 'reading';
  const bytes = { bytes: 2e6 * photos, bytesRead: 2e6 * read };
  return { stage, seen: photos, toRead: photos, read, ...bytes, etaSeconds: SCAN_STEPS - step, ...counts };
}
