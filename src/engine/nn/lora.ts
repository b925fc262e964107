/**
 * Low-rank adapters (Hu et al. 2021) on convolutions and attention: beside a frozen kernel W [O,I,k,k] runs a 1x1 kernel
 * a [r,I,1,1] and then a k x k kernel b [O,r,k,k], so W' = W + b a. Only a and b are learned; base gradients by weight are
 * never made. train/graphs.ts has them learned, `adapted` merges them for inference.
 */
import { invariant } from '../../domain/errors.ts';
import { GraphBuilder } from '../graph/build.ts';
import type { Pads } from '../graph/attributes.ts';
import type { Value } from '../graph/ir.ts';
import type { WeightSource } from '../runtime/session.ts';

/** Layers with fewer channels on either side are left as they are: image in, image out. */
const LEAST_CHANNELS = 16;
const WEIGHT = '.weight';

/** The names of an adapter's two kernels for the weight `<layer>.weight`. */
function adapterNames(weight: string): { readonly a: string; readonly b: string } {
  const layer = weight.slice(0, -WEIGHT.length);
  return { a: `${layer}.lora.a`, b: `${layer}.lora.b` };
}

/** A builder that puts an adapter beside every convolution with a frozen kernel of a fitting size. */
export class AdaptedBuilder extends GraphBuilder {
  readonly #rank: number;

  constructor(rank: number) {
    super();
    this.#rank = rank;
  }

  override conv(x: Value, weight: Value, bias: Value | undefined, stride: number, pads: Pads): Value {
    const y = super.conv(x, weight, bias, stride, pads);
    const name = this.nameOf(weight);
    const [o = 0, i = 0, kh = 0, kw = 0] = weight.shape;
    if (!name?.endsWith(WEIGHT) || Math.min(o, i) < LEAST_CHANNELS) return y;
    const names = adapterNames(name);
    const a = this.parameter(names.a, [this.#rank, i, 1, 1]);
    const b = this.parameter(names.b, [o, this.#rank, kh, kw]);
    return this.scope('lora', () => {
      const narrow = super.conv(x, a, undefined, 1, [0, 0, 0, 0]);
      return this.add(y, super.conv(narrow, b, undefined, stride, pads));
    });
  }
}

/** An adapter's tensors by name, `<layer>.lora.a` and `<layer>.lora.b`; row-major. */
export type Adapter = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly value: Float32Array }
>;

/** The base's weights with the adapter merged in as they are read; `id` names the adapter. */
export function adapted(base: WeightSource, adapter: Adapter, id: string): WeightSource {
  return {
    id: `${base.id} + ${id}`,
    readInto(name, target) {
      base.readInto(name, target);
      if (!name.endsWith(WEIGHT)) return;
      const names = adapterNames(name);
      const [a, b] = [adapter.get(names.a), adapter.get(names.b)];
      if (!a || !b) return;
      const [rank = 0, i = 0] = a.shape;
      const [o = 0, r = 0, kh = 0, kw = 0] = b.shape;
      invariant(r === rank && target.length === o * i * kh * kw, `adapter of ${name} fits its layer`);
      addProduct(target, a.value, b.value, { o, i, rank, taps: kh * kw });
    },
  };
}

/** W[o,i,tap] += sum over r of b[o,r,tap] a[r,i]. */
function addProduct(
  w: Float32Array,
  a: Float32Array,
  b: Float32Array,
  { o, i, rank, taps }: { o: number; i: number; rank: number; taps: number },
): void {
  for (let oc = 0; oc < o; oc++) {
    for (let r = 0; r < rank; r++) {
      for (let tap = 0; tap < taps; tap++) {
        const factor = b[(oc * rank + r) * taps + tap]!;
        if (factor === 0) continue;
        let at = oc * i * taps + tap;
        for (let ic = 0; ic < i; ic++, at += taps) w[at] = w[at]! + factor * a[r * i + ic]!;
      }
    }
  }
}
