/**
 * The detector's graphs: their shapes, their size, and the squares the stem reads. Subjects: src/engine/nn/face-detector.ts,
 * face-refiner.ts.
 */
import { describe, expect, test } from 'vitest';
import { verify } from '../../../src/engine/graph/verify.ts';
import { sizeOf } from '../../../src/engine/graph/shape.ts';
import { STRIDES, detectorGraph, squaresOf } from '../../../src/engine/nn/face-detector.ts';
import { refinerGraph } from '../../../src/engine/nn/face-refiner.ts';

describe('detectorGraph', () => {
  test('one map of 15 channels at each stride, for any multiple of 32', () => {
    const graph = detectorGraph(2, 96, 64);
    verify(graph);
    expect(graph.inputs.map(({ name, value }) => [name, value.shape])).toEqual([
      ['squares', [2, 16, 17, 25]],
    ]);
    expect(graph.outputs.map(({ name, value }) => [name, value.shape])).toEqual(
      STRIDES.map((stride) => [`map${stride}`, [2, 15, 64 / stride, 96 / stride]]),
    );
    expect(() => detectorGraph(1, 100, 64)).toThrow('internal:');
  });

  test('its weights are the same for every size, and with the second network fit into a megabyte as whole numbers', () => {
    const weightsOf = (width: number, height: number) =>
      detectorGraph(1, width, height).parameters.map(({ name, value }) => [name, value.shape]);
    expect(weightsOf(320, 256)).toEqual(weightsOf(32, 32));
    const all = [...detectorGraph(1, 32, 32).parameters, ...refinerGraph(1).parameters];
    const numbers = all.reduce((sum, { value }) => sum + sizeOf(value.shape), 0);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(numbers).toBeLessThan(900_000);
  });

  test('a picture of 1280 x 960 takes about 2 thousand million multiplications', () => {
    let products = 0;
    for (const { op, inputs, output } of detectorGraph(1, 1280, 960).nodes) {
      const [, weight] = inputs;
      if (op === 'conv' && weight) products += sizeOf(output.shape) * sizeOf(weight.shape.slice(1));
    }
    expect(products / 1e9).toBeGreaterThan(1.5);
    expect(products / 1e9).toBeLessThan(2.2);
  });
});

test('the second network says eleven numbers of a crop', () => {
  const graph = refinerGraph(3);
  verify(graph);
  expect(graph.inputs[0]?.value.shape).toEqual([3, 1, 64, 64]);
  expect(graph.outputs.map(({ name, value }) => [name, value.shape])).toEqual([['out', [3, 11]]]);
});

describe('squaresOf', () => {
  test('a 2 x 2 kernel on squares sees what an 8 x 8 kernel every 4 pixels sees', () => {
    const [width, height] = [64, 32];
    const picture = Float32Array.from({ length: width * height }, (_, i) => Math.sin(0.37 * i) + 0.01 * i);
    const kernel = Float32Array.from({ length: 64 }, (_, i) => Math.cos(1.3 * i));
    const squares = squaresOf(picture, width, height);
    const [rows, columns] = [height / 4 + 1, width / 4 + 1];
    expect(squares).toHaveLength(16 * rows * columns);
    const at = (x: number, y: number): number =>
      x >= 0 && y >= 0 && x < width && y < height ? picture[y * width + x]! : 0;
    for (let row = 0; row < rows - 1; row++)
      for (let column = 0; column < columns - 1; column++) {
        let [direct, squared] = [0, 0];
        for (let v = 0; v < 8; v++)
          for (let u = 0; u < 8; u++) {
            direct += kernel[8 * v + u]! * at(4 * column - 2 + u, 4 * row - 2 + v);
            const channel = 4 * (v % 4) + (u % 4);
            const [i, j] = [column + Math.floor(u / 4), row + Math.floor(v / 4)];
            squared += kernel[8 * v + u]! * squares[(channel * rows + j) * columns + i]!;
          }
        expect(squared).toBeCloseTo(direct, 6);
      }
  });
});
