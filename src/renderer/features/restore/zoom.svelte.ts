/**
 * Where one looks at a photo: how large it is shown and from which point, by wheel, drag, pinch and keys.
 * Viewer.svelte puts the numbers into a CSS transform.
 */
const MOST = 16;
const STEP = 1.2;

export class Zoom {
  /** Screen pixels a photo pixel. */
  scale = $state(1);
  /** Of the photo's top left corner in the viewer. */
  x = $state(0);
  y = $state(0);
  #box = { width: 0, height: 0 };
  #photo = { width: 1, height: 1 };
  /** Follows the window's size until somebody zooms. */
  #fitted = true;

  /** Called when the viewer or the photo has another size. */
  resize(box: { width: number; height: number }, photo: { width: number; height: number }): void {
    this.#box = box;
    this.#photo = photo;
    if (this.#fitted) this.fit();
  }

  get fitScale(): number {
    const margin = 32;
    const { width, height } = this.#box;
    return Math.min(
      Math.max(40, width - margin) / this.#photo.width,
      Math.max(40, height - margin) / this.#photo.height,
    );
  }

  fit(): void {
    this.#fitted = true;
    this.scale = Math.min(this.fitScale, 4);
    this.#centre();
  }

  /** One photo pixel to one screen pixel. */
  pixels(): void {
    this.by(1 / devicePixelRatio / this.scale);
  }

  /** Zooms by a factor around a point of the viewer (its middle, where none is given). */
  by(factor: number, at = { x: this.#box.width / 2, y: this.#box.height / 2 }): void {
    const scale = Math.min(MOST, Math.max(Math.min(this.fitScale, 1) / 2, this.scale * factor));
    const real = scale / this.scale;
    this.#fitted = false;
    this.x = at.x - (at.x - this.x) * real;
    this.y = at.y - (at.y - this.y) * real;
    this.scale = scale;
    this.#keepInside();
  }

  closer(): void {
    this.by(STEP);
  }

  further(): void {
    this.by(1 / STEP);
  }

  pan(dx: number, dy: number): void {
    this.#fitted = false;
    this.x += dx;
    this.y += dy;
    this.#keepInside();
  }

  /** Brings a rectangle of the photo into the middle. */
  show({ left, top, width, height }: { left: number; top: number; width: number; height: number }): void {
    this.#fitted = false;
    this.scale = Math.min(4, 0.6 * Math.min(this.#box.width / width, this.#box.height / height));
    this.x = this.#box.width / 2 - (left + width / 2) * this.scale;
    this.y = this.#box.height / 2 - (top + height / 2) * this.scale;
  }

  #centre(): void {
    this.x = (this.#box.width - this.#photo.width * this.scale) / 2;
    this.y = (this.#box.height - this.#photo.height * this.scale) / 2;
  }

  /** At least a corner of the photo stays in sight. */
  #keepInside(): void {
    const visible = 60;
    this.x = Math.min(this.#box.width - visible, Math.max(visible - this.#photo.width * this.scale, this.x));
    this.y = Math.min(
      this.#box.height - visible,
      Math.max(visible - this.#photo.height * this.scale, this.y),
    );
  }
}
