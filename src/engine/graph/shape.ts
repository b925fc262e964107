/**
 * Shapes of tensors and the few questions asked of them. Everything in the graph is static, so a shape is a plain list of
 * numbers; ir.ts is what to read next.
 */

/** Row-major sizes, outermost first; images are [N,C,H,W]. */
export type Shape = readonly number[];

/** Elements of a tensor; 1 of a scalar. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, d) => product * d, 1);
}

/** Whether two shapes are equal, axis by axis. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

/** For errors and printed graphs: `[1,3,128,128]`. */
export function showShape(shape: Shape): string {
  return `[${shape.join(',')}]`;
}
