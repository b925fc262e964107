/**
 * One photo being restored: its faces, its versions, what is chosen, and the work in progress with its previews.
 * RestorePage.svelte draws it; the choices go to the queue as they are here.
 */
import type { Job, Preview } from '../../../domain/job.ts';
import type { Person, PhotoFace } from '../../../domain/person.ts';
import type { PhotoDetails } from '../../../domain/photo.ts';
import type { Rendition } from '../../../domain/rendition.ts';
import type { FaceChoice, PriorChoice, RestoreChoice } from '../../../domain/restoring.ts';
import type { Studio } from '../../app/studio.svelte.ts';
import { toasts } from '../../app/toasts.svelte.ts';
import { t } from '../../strings/index.ts';
import { DEFAULT_CHOICE } from './choice.ts';
import { NOT_EDITED, isEdited } from './damage-edit.ts';
import type { DamageEdit, Stroke } from './damage-edit.ts';
import { DamageLayer } from './damage.svelte.ts';
import { remembered } from './remembered.ts';

/** States of a job that is not over. */
const LIVE: readonly Job['state'][] = ['queued', 'running', 'paused'];

const MOST_UNDO = 200;

export interface ShownPreview {
  readonly preview: Preview;
  readonly url: string;
}

/** What undo goes back to. */
interface Chosen {
  readonly choice: RestoreChoice;
  readonly damage: DamageEdit;
}

export class RestoreView {
  readonly id: string;
  photo = $state.raw<PhotoDetails>();
  faces = $state.raw<readonly PhotoFace[]>([]);
  people = $state.raw<readonly Person[]>([]);
  versions = $state.raw<readonly Rendition[]>([]);
  choice = $state.raw<RestoreChoice>(DEFAULT_CHOICE);
  /** The damage as it is to be repaired, and the layer it is shown and painted on. */
  damage = $state.raw<DamageEdit>(NOT_EDITED);
  readonly layer: DamageLayer;
  /** The face whose choices the panel shows; undefined: all faces. */
  face = $state<string>();
  /** The version shown; undefined: none, the photo itself. */
  shown = $state<string>();
  job = $state.raw<Job>();
  preview = $state.raw<ShownPreview>();
  readonly rendition = $derived(this.versions.find(({ id }) => id === this.shown));
  readonly busy = $derived(this.job !== undefined && LIVE.includes(this.job.state));
  readonly #studio: Studio;
  readonly #left = new AbortController();
  #past = $state.raw<readonly Chosen[]>([]);
  #future = $state.raw<readonly Chosen[]>([]);

  constructor(studio: Studio, id: string) {
    this.#studio = studio;
    this.id = id;
    this.layer = new DamageLayer(studio, id);
  }

  /** Loads everything and follows what happens to the photo; returns the way out. */
  open(): () => void {
    const reads = [
      ['photos', () => this.#readPhoto()],
      ['faces', () => this.#readFaces()],
      ['people', () => this.#readPeople()],
      ['renditions', () => this.#readVersions()],
    ] as const;
    const first = reads.map(([, read]) => this.#safely(read));
    void Promise.all(first).then(() => this.#safely(() => this.#remember()));
    const ways = reads.map(([topic, read]) => this.#studio.on(topic, () => void this.#safely(read)));
    void this.#safely(() => this.#watch());
    return () => {
      this.#left.abort();
      this.layer.close();
      for (const way of ways) way();
      this.#dropPreview();
    };
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** Changes the choices; can be taken back with undo. */
  choose(change: Partial<RestoreChoice>): void {
    this.#change({ choice: { ...this.choice, ...change }, damage: this.damage });
  }

  /** Paints; whoever paints damage wants it repaired. */
  paint(stroke: Stroke): void {
    this.#mark({ ...this.damage, strokes: [...this.damage.strokes, stroke] });
  }

  /** Takes back all strokes: to the damage as it is found, or to none at all. */
  markDamage(base: 'found' | 'none'): void {
    this.#mark({ base, strokes: [] });
  }

  #mark(damage: DamageEdit): void {
    const { repair } = this.choice;
    const wanted = repair.scratches > 0 ? repair : { ...repair, scratches: 1 };
    this.#change({ choice: { ...this.choice, repair: wanted }, damage });
  }

  #change(next: Chosen): void {
    this.#past = [...this.#past, this.#chosen].slice(-MOST_UNDO);
    this.#future = [];
    this.#set(next);
  }

  #set({ choice, damage }: Chosen): void {
    this.choice = choice;
    this.damage = damage;
  }

  get #chosen(): Chosen {
    return { choice: this.choice, damage: this.damage };
  }

  undo(): void {
    const before = this.#past.at(-1);
    if (!before) return;
    this.#past = this.#past.slice(0, -1);
    this.#future = [...this.#future, this.#chosen];
    this.#set(before);
  }

  redo(): void {
    const next = this.#future.at(-1);
    if (!next) return;
    this.#future = this.#future.slice(0, -1);
    this.#past = [...this.#past, this.#chosen];
    this.#set(next);
  }

  /** What holds for a face: its own choice where it has one, else everybody's; a named person's own prior where there is one. */
  choiceOf(face: PhotoFace): Required<FaceChoice> {
    const own = this.choice.faces.find((choice) => choice.face === face.id);
    const { strength, seed, prior } = this.choice;
    return {
      face: face.id,
      on: own?.on ?? true,
      prior: own?.prior ?? this.#ownPrior(face) ?? prior,
      strength: own?.strength ?? strength,
      seed: own?.seed ?? seed,
    };
  }

  chooseFor(face: PhotoFace, change: Partial<FaceChoice>): void {
    const others = this.choice.faces.filter((choice) => choice.face !== face.id);
    const own = this.choice.faces.find((choice) => choice.face === face.id) ?? { face: face.id, on: true };
    this.choose({ faces: [...others, { ...own, ...change }] });
  }

  /** Puts the photo into the queue as chosen. */
  async restore(): Promise<void> {
    await this.#safely(async () => {
      const faces = this.faces.map((face) => this.choiceOf(face));
      const { jobs } = await this.#studio.client.jobs.restore({
        photos: [this.id],
        choice: { ...this.choice, faces },
        ...(await this.#mask()),
      });
      const { jobs: listed } = await this.#studio.client.jobs.list({ limit: 100 });
      this.job = listed.find(({ id }) => jobs.includes(id)) ?? this.job;
    });
  }

  async cancel(): Promise<void> {
    const { job } = this;
    if (job) await this.#safely(() => this.#studio.client.jobs.cancel({ jobs: [job.id] }));
  }

  async findFaces(): Promise<void> {
    await this.#safely(() => this.#studio.client.jobs.findFaces({ photos: [this.id] }));
  }

  async keep(rendition: string | null): Promise<void> {
    await this.#safely(() => this.#studio.client.renditions.choose({ photo: this.id, rendition }));
  }

  async rate(rendition: string, rating: number): Promise<void> {
    await this.#safely(() => this.#studio.client.renditions.update({ rendition, rating }));
  }

  async remove(rendition: string): Promise<void> {
    await this.#safely(async () => {
      await this.#studio.client.renditions.delete({ renditions: [rendition] });
      toasts.done(t('restore.deleted'), {
        label: t('common.undo'),
        run: () => void this.#safely(() => this.#studio.client.history.undo({})),
      });
    });
  }

  async name(face: PhotoFace, person: string): Promise<void> {
    await this.#safely(() => this.#studio.client.people.confirm({ faces: [face.id], person }));
  }

  #ownPrior({ person }: PhotoFace): PriorChoice | undefined {
    const known = this.people.find(({ id }) => id === person);
    return known && known.adapters > 0 ? { kind: 'person', person: known.id } : undefined;
  }

  /** What was painted, where the repair is to use it. */
  async #mask(): Promise<{ mask?: Uint8Array<ArrayBuffer> }> {
    const { repair } = this.choice;
    if (repair.scratches === 0 || !isEdited(this.damage)) return {};
    await this.layer.show(this.damage, repair.tone);
    return { mask: await this.layer.png() };
  }

  /** Goes on from what was chosen the last time, unless somebody has chosen already. */
  async #remember(): Promise<void> {
    const newest = this.versions.toSorted((a, b) => b.created - a.created)[0];
    if (!newest) return;
    const recipe = await this.#studio.client.renditions.recipe({ rendition: newest.id });
    if (this.#past.length > 0) return;
    this.#set(remembered({ rendition: newest, recipe, faces: this.faces, people: this.people }));
  }

  async #readPhoto(): Promise<void> {
    this.photo = await this.#studio.client.photos.get({ photo: this.id });
    const { width, height } = this.photo;
    if (width !== null && height !== null) this.layer.resize(width, height);
  }

  async #readFaces(): Promise<void> {
    this.faces = await this.#studio.client.people.inPhoto({ photo: this.id });
    if (!this.faces.some(({ id }) => id === this.face)) this.face = undefined;
  }

  async #readPeople(): Promise<void> {
    this.people = await this.#studio.client.people.list({});
  }

  async #readVersions(): Promise<void> {
    const before = this.versions;
    this.versions = await this.#studio.client.renditions.of({ photo: this.id });
    const added = this.versions.find(({ id }) => !before.some((version) => version.id === id));
    if (added) this.shown = (this.versions.find(({ chosen }) => chosen) ?? added).id;
    else if (!this.rendition) this.shown = undefined;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#left;
    void this.#safely(() => this.#preview(signal));
    for await (const job of this.#studio.client.jobs.watch({}, { signal })) {
      if (job.photo !== this.id || job.kind !== 'restore') continue;
      const mine = this.job;
      if (mine && mine.id !== job.id && job.created < mine.created) continue;
      this.job = job;
      if (!LIVE.includes(job.state)) this.#dropPreview();
    }
  }

  async #preview(signal: AbortSignal): Promise<void> {
    for await (const preview of this.#studio.client.jobs.previews({}, { signal })) {
      if (preview.job !== this.job?.id) continue;
      const url = URL.createObjectURL(new Blob([new Uint8Array(preview.image)], { type: preview.mime }));
      this.#dropPreview();
      this.preview = { preview, url };
    }
  }

  #dropPreview(): void {
    if (this.preview) URL.revokeObjectURL(this.preview.url);
    this.preview = undefined;
  }

  #safely(work: () => Promise<unknown>): Promise<void> {
    return toasts.watching(work, this.#left.signal);
  }
}
