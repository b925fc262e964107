/** The protobuf writer against bytes worked out by hand from the format's description. */
import { expect, test } from 'vitest';
import { encodeModel } from '../../../src/engine/onnx/model.ts';
import { MessageWriter } from '../../../src/engine/onnx/wire.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('varints, as in the format guide', () => {
  expect(hex(new MessageWriter().int(1, 150).finish())).toBe('089601');
  expect(hex(new MessageWriter().int(1, 0).finish())).toBe('0800');
  expect(hex(new MessageWriter().int(1, -1).finish())).toBe('08ffffffffffffffffff01');
  expect(hex(new MessageWriter().int(16, 1).finish())).toBe('800101');
  expect(hex(new MessageWriter().int(1, 2n ** 40n).finish())).toBe('08808080808020');
});

test('floats, text and nested messages', () => {
  expect(hex(new MessageWriter().float(2, 1).finish())).toBe('150000803f');
  expect(hex(new MessageWriter().text(2, 'testing').finish())).toBe('120774657374696e67');
  expect(hex(new MessageWriter().message(3, (m) => m.int(1, 150)).finish())).toBe('1a03089601');
});

test('a model names its weights by external file, and carries none of their bytes', () => {
  const bytes = encodeModel({
    name: 'g',
    nodes: [{ name: 'n', op: 'Identity', inputs: ['w'], outputs: ['y'] }],
    inputs: [],
    outputs: [{ name: 'y', type: 'float32', shape: [1000] }],
    initializers: [
      { name: 'w', type: 'float32', shape: [1000], content: { external: 'weights/w', length: 4000 } },
    ],
  });
  expect(bytes.length).toBeLessThan(250);
  expect(Buffer.from(bytes).toString('latin1')).toContain('weights/w');
});
