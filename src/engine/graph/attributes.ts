/**
 * What the ops of the graph are and which attributes each takes. ops.ts gives their shapes; a new op starts here, and the
 * compiler then asks for its signature, its lowering and its gradient. Meanings follow ONNX where it has the op.
 */
import type { Shape } from './shape.ts';

type None = Readonly<Record<never, never>>;
interface Axes {
  readonly axes: readonly number[];
}

/** Where a kernel is laid on an image: every `stride` pixels, on the padded image. */
interface Window {
  readonly stride: number;
  readonly pads: Pads;
}
/** Both included. */
interface Limits {
  readonly min: number;
  readonly max: number;
}
interface Groups {
  readonly groups: number;
}

/** Every op with its attributes. Inputs are float32 tensors; without a word of its own an op works on each element. */
export interface OpAttributes {
  /** A tensor known when the graph is built; few elements, row-major. */
  readonly constant: { readonly shape: Shape; readonly data: Float32Array };

  /** The same values, through which no gradient flows. */
  readonly detach: None;
  readonly neg: None;
  readonly exp: None;
  readonly log: None;
  readonly sqrt: None;
  readonly sin: None;
  readonly cos: None;
  readonly sigmoid: None;
  /** x * sigmoid(x) (Elfwing et al. 2017). */
  readonly silu: None;
  readonly clip: Limits;
  /** 1 where min <= x <= max, else 0: the gradient of clip. */
  readonly inside: Limits;

  /** Two inputs, broadcast as in NumPy. */
  readonly add: None;
  readonly sub: None;
  readonly mul: None;
  readonly div: None;

  /** x [N,C,H,W], a and b [N,C,1,1]: a x + b, one pass over x. Group norm with scale and shift is this. */
  readonly affine: None;

  /** Reductions keep their axes with size 1. */
  readonly sum: Axes;
  readonly mean: Axes;
  /** x [N,C,H,W] -> [N,G,1]: the mean of x, or of x^2, over each group of C/G channels and all pixels. */
  readonly groupMean: Groups;
  readonly groupMeanSquare: Groups;
  /** Over the last axis. */
  readonly softmax: None;

  readonly reshape: { readonly shape: Shape };
  readonly transpose: { readonly order: readonly number[] };
  /** Elements from..to-1 of one axis. */
  readonly slice: { readonly axis: number; readonly from: number; readonly to: number };
  readonly concat: { readonly axis: number };
  /** The counterpart of slice: x at from.. of an axis of `size`, zeros around it. */
  readonly place: { readonly axis: number; readonly from: number; readonly size: number };
  /** Broadcast to a larger shape. */
  readonly expand: { readonly shape: Shape };

  /** Nearest neighbour, [N,C,H,W] -> [N,C,fH,fW]. */
  readonly upsample: { readonly factor: number };
  /** Mean over f x f squares, [N,C,H,W] -> [N,C,H/f,W/f]. */
  readonly averagePool: { readonly factor: number };

  /** Batched over leading axes, which must agree; the last two are transposed first where asked. */
  readonly matmul: { readonly transposeA: boolean; readonly transposeB: boolean };
  /** x [N,C,H,W], weight [O,C,kh,kw], optional bias [O]. */
  readonly conv: Window;
  /** The gradient of conv by its input: g [N,O,h,w], weight [O,C,kh,kw] -> `shape` [N,C,H,W]. */
  readonly convInputGradient: Window & { readonly shape: Shape };
  /** The gradient of conv by its weight: x [N,C,H,W], g [N,O,h,w] -> `shape` [O,C,kh,kw]. */
  readonly convWeightGradient: Window & { readonly shape: Shape };
}
/** The name of an op. */
export type OpName = keyof OpAttributes;
/** Zeros on each side of an image, in pixels. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];
