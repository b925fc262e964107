/**
 * The damage of a print as a layer to paint on: what was found, or nothing, and over it the strokes of a brush and an
 * eraser. Edits are values (damage-edit.ts); DamageTools.svelte has the tools, Layers.svelte shows it.
 */
import { MASK_SIDE } from '../../../contract/damage.ts';
import type { Studio } from '../../app/studio.svelte.ts';
import { NOT_EDITED } from './damage-edit.ts';
import type { DamageEdit, Point, Stroke } from './damage-edit.ts';

const TINT = [255, 45, 45] as const;
/** A finger's width on the whole photo, and the smallest and largest brush, in parts of its longest side. */
const SIZES = { usual: 0.02, least: 0.002, most: 0.2 } as const;

export class DamageLayer {
  shown = $state(false);
  tool = $state<'brush' | 'eraser'>('brush');
  /** Of the brush, across, in photo pixels. */
  size = $state(40);
  looking = $state(false);
  /** Of the photo that is marked, 0..1; undefined before anything was looked for. */
  share = $state<number>();
  readonly canvas = document.createElement('canvas');
  readonly #studio: Studio;
  readonly #photo: string;
  #longest = 1;
  /** Photo pixels a side of one of the mask's. */
  #scale = 1;
  /** What is under the strokes, in the tint; undefined: nothing. */
  #base: HTMLCanvasElement | undefined;
  #baseOf = '';
  #drawn: DamageEdit | undefined;
  /** What is to be shown now, also once the base has come. */
  #edit: DamageEdit = NOT_EDITED;
  #loading: Promise<void> = Promise.resolve();
  #asked = new AbortController();

  constructor(studio: Studio, photo: string) {
    this.#studio = studio;
    this.#photo = photo;
  }

  get sizes(): { least: number; most: number } {
    const pixels = (part: number): number => Math.max(1, Math.round(part * this.#longest));
    return { least: pixels(SIZES.least), most: pixels(SIZES.most) };
  }

  /** Called once the photo's size is known. */
  resize(width: number, height: number): void {
    const longest = Math.max(width, height);
    if (longest === this.#longest) return;
    this.#longest = longest;
    this.#scale = Math.max(1, longest / MASK_SIDE);
    this.canvas.width = Math.max(1, Math.round(width / this.#scale));
    this.canvas.height = Math.max(1, Math.round(height / this.#scale));
    this.size = Math.max(2, Math.round(SIZES.usual * longest));
  }

  larger(): void {
    this.size = Math.min(this.sizes.most, Math.max(this.size + 1, Math.round(1.25 * this.size)));
  }

  smaller(): void {
    this.size = Math.max(this.sizes.least, Math.min(this.size - 1, Math.round(this.size / 1.25)));
  }

  /** Nobody looks any more. */
  close(): void {
    this.#asked.abort();
  }

  /**
   * Shows an edit, once what it lies on is here; `tone` as the restoration will have it. Throws UserError: `cancelled`
   * where another was wanted meanwhile, else why there is nothing to paint on.
   */
  async show(edit: DamageEdit, tone: number): Promise<void> {
    this.#edit = edit;
    const wanted = JSON.stringify([edit.base, edit.base === 'found' ? tone : 0]);
    if (wanted !== this.#baseOf) {
      this.#baseOf = wanted;
      this.#loading = this.#load(edit.base, tone);
    }
    const loading = this.#loading;
    try {
      await loading;
    } catch (error) {
      // asked again the next time
      if (loading === this.#loading) this.#baseOf = '';
      throw error;
    }
    if (loading === this.#loading) this.#draw(this.#edit);
  }

  async #load(base: DamageEdit['base'], tone: number): Promise<void> {
    this.#asked.abort();
    const { signal } = (this.#asked = new AbortController());
    this.looking = true;
    try {
      const read = await this.#read(base, tone, signal);
      if (signal.aborted) return;
      this.#base = read;
      this.#drawn = undefined;
    } finally {
      if (!signal.aborted) this.looking = false;
    }
  }

  /** The next bit of a stroke that is being made; `show` with the whole stroke follows. */
  touch(from: Point, to: Point): void {
    this.#drawn = undefined;
    this.#stroke({ points: [from, to], radius: this.size / 2, erase: this.tool === 'eraser' });
  }

  /** The mask as it is shown, white on black. */
  async png(): Promise<Uint8Array<ArrayBuffer>> {
    const { width, height } = this.canvas;
    const copy = canvasOf(width, height);
    const context = contextOf(copy);
    const pixels = contextOf(this.canvas).getImageData(0, 0, width, height);
    for (let p = 0; p < pixels.data.length; p += 4) {
      const level = (pixels.data[p + 3] ?? 0) >= 128 ? 255 : 0;
      pixels.data.fill(level, p, p + 3);
      pixels.data[p + 3] = 255;
    }
    context.putImageData(pixels, 0, 0);
    const blob = await new Promise<Blob | null>((resolve) => copy.toBlob(resolve, 'image/png'));
    if (!blob) throw new Error('internal: the mask could not be written');
    return new Uint8Array(await blob.arrayBuffer());
  }

  async #read(
    base: DamageEdit['base'],
    tone: number,
    signal: AbortSignal,
  ): Promise<HTMLCanvasElement | undefined> {
    if (base === 'none') return undefined;
    const { damage } = this.#studio.client;
    const found =
      base === 'found'
        ? await damage.find({ photo: this.#photo, tone }, { signal })
        : await damage.painted({ ...base }, { signal });
    return found ? tinted(found.png) : undefined;
  }

  #draw(edit: DamageEdit): void {
    const { width, height } = this.canvas;
    const context = contextOf(this.canvas);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalCompositeOperation = 'source-over';
    const before = this.#drawn;
    const known = before?.base === edit.base ? before.strokes : undefined;
    const follows = known !== undefined && known.every((stroke, i) => stroke === edit.strokes[i]);
    if (!follows) {
      context.clearRect(0, 0, width, height);
      context.imageSmoothingEnabled = false;
      if (this.#base) context.drawImage(this.#base, 0, 0, width, height);
    }
    for (const stroke of edit.strokes.slice(follows ? known.length : 0)) this.#stroke(stroke);
    this.#drawn = edit;
    this.#count();
  }

  #stroke({ points, radius, erase }: Stroke): void {
    const [first, ...more] = points;
    if (!first) return;
    const context = contextOf(this.canvas);
    context.globalCompositeOperation = erase ? 'destination-out' : 'source-over';
    context.strokeStyle = `rgb(${TINT.join(' ')})`;
    context.lineWidth = Math.max(1.5, (2 * radius) / this.#scale);
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(first.x / this.#scale, first.y / this.#scale);
    // a line to where it began would be none at all
    const end = more.some(({ x, y }) => x !== first.x || y !== first.y)
      ? more
      : [{ x: first.x + 0.1, y: first.y }];
    for (const { x, y } of end) context.lineTo(x / this.#scale, y / this.#scale);
    context.stroke();
  }

  #count(): void {
    const { width, height } = this.canvas;
    const { data } = contextOf(this.canvas).getImageData(0, 0, width, height);
    let marked = 0;
    for (let p = 3; p < data.length; p += 4) if ((data[p] ?? 0) >= 128) marked++;
    this.share = marked / (width * height);
  }
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('internal: a canvas without a context');
  return context;
}

/** A mask, white on black, as opaque tint on nothing. */
async function tinted(png: Uint8Array): Promise<HTMLCanvasElement> {
  const picture = await createImageBitmap(new Blob([new Uint8Array(png)], { type: 'image/png' }));
  const canvas = canvasOf(picture.width, picture.height);
  const context = contextOf(canvas);
  context.drawImage(picture, 0, 0);
  picture.close();
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let p = 0; p < pixels.data.length; p += 4) {
    const level = pixels.data[p] ?? 0;
    pixels.data.set([...TINT, level >= 128 ? 255 : 0], p);
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}
