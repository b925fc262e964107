/**
 * What the library page shows: the filter, the rows of the grid (months and their photos, fetched as they come into
 * sight), and what is selected. LibraryPage.svelte draws it.
 */
import type { PhotoFilter, PhotoOrder } from '../../../domain/library.ts';
import type { Photo } from '../../../domain/photo.ts';
import type { Studio } from '../../app/studio.svelte.ts';
import { toasts } from '../../app/toasts.svelte.ts';
import { layOut } from './rows.ts';
import type { Row } from './rows.ts';

/** Photos fetched at once. */
const PAGE = 120;
/** Pages kept: what is far away is fetched again. */
const KEPT = 40;
/** As many photos as one selection may have. */
const MOST_SELECTED = 100_000;

export class LibraryView {
  filter = $state.raw<PhotoFilter>({});
  order = $state<PhotoOrder>('newest');
  total = $state<number>();
  months = $state.raw<{ month: string; count: number }[]>([]);
  columns = $state(4);
  /** More were found than are shown. */
  more = $state(false);
  selected = $state.raw<ReadonlySet<string>>(new Set());
  /** Grows when photos arrive, so that the tiles in sight look again. */
  arrived = $state(0);
  /** Index of the tile the keyboard is on. */
  focused = $state(0);
  readonly rows = $derived<Row[]>(layOut(this.months, this.columns));
  readonly filtered = $derived(Object.keys(this.filter).length > 0);

  /** Somebody leafs so fast that no photo is in sight for long: nothing is fetched until they are slower. */
  leafing = $state(false);

  readonly #studio: Studio;
  readonly #pages = new Map<number, Photo[] | 'asked'>();
  /** Answers to questions asked before the last change of filter are of no use. */
  #epoch = 0;
  #anchor = 0;

  constructor(studio: Studio) {
    this.#studio = studio;
  }

  /** Asks for everything again and keeps what is selected. */
  async reload(): Promise<void> {
    const epoch = ++this.#epoch;
    try {
      const { total, months, more } = await this.#studio.client.photos.timeline(this.#question());
      if (epoch !== this.#epoch) return;
      this.#pages.clear();
      this.months = months;
      this.total = total;
      this.more = more;
      this.focused = Math.max(0, Math.min(this.focused, total - 1));
      this.arrived++;
    } catch (error) {
      toasts.failed(error);
    }
  }

  show(filter: PhotoFilter, order = this.order): void {
    this.filter = filter;
    this.order = order;
    this.focused = 0;
    this.selected = new Set();
    void this.reload();
  }

  /** The photo at an index of the grid; undefined until it has come, which `arrived` tells. */
  at(index: number): Photo | undefined {
    const page = Math.floor(index / PAGE);
    const photos = this.#pages.get(page);
    if (photos === undefined && !this.leafing) void this.#fetch(page);
    return photos === 'asked' ? undefined : photos?.[index % PAGE];
  }

  /** As `at`, and again whenever photos have arrived: for templates. */
  photoAt(index: number): Photo | undefined {
    return this.arrived >= 0 ? this.at(index) : undefined;
  }

  async #fetch(page: number): Promise<void> {
    const epoch = this.#epoch;
    this.#pages.set(page, 'asked');
    try {
      const asked = { ...this.#question(), offset: page * PAGE, limit: PAGE };
      const { photos } = await this.#studio.client.photos.page(asked);
      if (epoch !== this.#epoch) return;
      this.#pages.delete(page);
      this.#pages.set(page, photos);
      for (const old of this.#pages.keys()) {
        if (this.#pages.size <= KEPT) break;
        this.#pages.delete(old);
      }
      this.arrived++;
    } catch (error) {
      if (epoch === this.#epoch) this.#pages.delete(page);
      toasts.failed(error);
    }
  }

  #question(): { filter: PhotoFilter; order: PhotoOrder } {
    return { filter: this.filter, order: this.order };
  }

  /** Selects one photo; `add` keeps the others, `range` takes all from the last one selected. */
  async select(index: number, { add = false, range = false } = {}): Promise<void> {
    this.focused = index;
    if (range) return this.#selectRange(Math.min(this.#anchor, index), Math.max(this.#anchor, index), add);
    this.#anchor = index;
    const photo = this.at(index);
    if (!photo) return;
    const next = new Set(add ? this.selected : []);
    if (add && this.selected.has(photo.id)) next.delete(photo.id);
    else next.add(photo.id);
    this.selected = next;
  }

  async #selectRange(from: number, to: number, add: boolean): Promise<void> {
    const all = await this.#ids();
    this.selected = new Set([...(add ? this.selected : []), ...all.slice(from, to + 1)]);
  }

  async selectAll(): Promise<void> {
    this.selected = new Set(await this.#ids());
  }

  clearSelection(): void {
    this.selected = new Set();
  }

  async #ids(): Promise<string[]> {
    try {
      return await this.#studio.client.photos.ids({ ...this.#question(), limit: MOST_SELECTED });
    } catch (error) {
      toasts.failed(error);
      return [];
    }
  }
}
