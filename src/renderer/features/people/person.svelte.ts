/**
 * One person on their page: faces to confirm and confirmed, the album with its reasons, and adapters. PersonPage.svelte draws it;
 * learning.svelte.ts watches a finetune.
 */
import type { Job } from '../../../domain/job.ts';
import type { Adapter, Anchor, Person, PhotoFace } from '../../../domain/person.ts';
import type { FinetuneChoice } from '../../../domain/restoring.ts';
import type { Studio } from '../../app/studio.svelte.ts';
import { toasts } from '../../app/toasts.svelte.ts';
import { undo } from '../../app/undo.ts';
import { t } from '../../strings/index.ts';
import { jobs } from '../jobs/jobs.svelte.ts';

/** About as many as the paper's personal albums have. */
const ALBUM_SIZE = 20;
const FACES = 400;

export class PersonView {
  readonly id: string;
  person = $state.raw<Person>();
  suggested = $state.raw<readonly PhotoFace[]>([]);
  confirmed = $state.raw<readonly PhotoFace[]>([]);
  anchors = $state.raw<readonly Anchor[]>([]);
  problem = $state<string | null>(null);
  adapters = $state.raw<readonly Adapter[]>([]);
  choice = $state.raw<FinetuneChoice>({ recipe: 'fast', weights: 'adapter' });
  estimate = $state.raw<{ seconds: number | null; steps: number }>();
  readonly job = $derived(
    jobs.list.findLast(
      (job: Job) => job.kind === 'finetune' && job.person === this.id && job.state !== 'done',
    ),
  );
  readonly #studio: Studio;
  readonly #left = new AbortController();

  constructor(studio: Studio, id: string) {
    this.#studio = studio;
    this.id = id;
  }

  /** Loads everything and follows what happens to the person; returns the way out. */
  open(): () => void {
    const reads = [
      ['people', () => this.#readPerson()],
      ['faces', () => this.#readFaces()],
      ['albums', () => this.#readAlbum()],
      ['adapters', () => this.#readAdapters()],
    ] as const;
    const ways = reads.map(([topic, read]) => {
      void this.safely(read);
      return this.#studio.on(topic, () => void this.safely(read));
    });
    void this.safely(() => this.ask());
    return () => {
      this.#left.abort();
      for (const way of ways) way();
    };
  }

  /** How long a finetune as chosen would take on this machine. */
  async ask(): Promise<void> {
    this.estimate = await this.#studio.client.jobs.estimate({ person: this.id, choice: this.choice });
  }

  async suggestAlbum(): Promise<void> {
    await this.safely(async () => {
      const anchors = await this.#studio.client.albums.suggest({ person: this.id, count: ALBUM_SIZE });
      await this.setAlbum(anchors.map(({ face }) => face));
    });
  }

  async setAlbum(faces: readonly string[]): Promise<void> {
    await this.safely(async () => {
      const { anchors, problem } = await this.#studio.client.albums.set({
        person: this.id,
        faces: [...faces],
      });
      this.anchors = anchors;
      this.problem = problem;
    });
  }

  async finetune(): Promise<void> {
    await this.safely(() => this.#studio.client.jobs.finetune({ person: this.id, choice: this.choice }));
  }

  /** Does something that can be undone, and says so. */
  async does<T>(work: () => Promise<T>, said: string | ((done: T) => string)): Promise<void> {
    await this.safely(async () => {
      const done = await work();
      toasts.done(typeof said === 'string' ? said : said(done), {
        label: t('common.undo'),
        run: () => void undo(this.#studio),
      });
    });
  }

  async safely(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#left.signal.aborted) toasts.failed(error);
    }
  }

  async #readPerson(): Promise<void> {
    this.person = await this.#studio.client.people.get({ person: this.id });
  }

  async #readFaces(): Promise<void> {
    const page = { person: this.id, offset: 0, limit: FACES };
    this.suggested = (await this.#studio.client.people.facesOf({ ...page, state: 'suggested' })).faces;
    this.confirmed = (await this.#studio.client.people.facesOf({ ...page, state: 'confirmed' })).faces;
  }

  async #readAlbum(): Promise<void> {
    const { anchors, problem } = await this.#studio.client.albums.get({ person: this.id });
    this.anchors = anchors;
    this.problem = problem;
  }

  async #readAdapters(): Promise<void> {
    this.adapters = await this.#studio.client.albums.adapters({ person: this.id });
  }
}
