/**
 * The pickle machine against pickles made to hurt: every way to name a global, runaway growth, broken stacks.
 * Read next: damage.test.ts, which damages sound files at random.
 */
import { test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/open.ts';
import { expectUserError, fileOf, op, temporaryFolder, torchZipOf, u32, u64 } from './helpers.ts';

const folder = temporaryFolder();

function openPickle(...code: readonly (Uint8Array | string | number[])[]): () => unknown {
  const path = fileOf(folder, 'p.pt', torchZipOf(Buffer.concat(code.map((part) => Buffer.from(part)))));
  return () => openCheckpoint(path);
}

const refused = (run: () => unknown, what: RegExp): void =>
  expectUserError(run, 'checkpoint.refused', what, 'p.pt');
const broken = (run: () => unknown, what: RegExp): void =>
  expectUserError(run, 'checkpoint.unreadable', what, 'p.pt');

test.each([
  ['GLOBAL', Buffer.from('cos\nsystem\n')],
  ['STACK_GLOBAL', Buffer.concat([op.text('os'), op.text('system'), Buffer.from([0x93])])],
  ['INST', Buffer.from('(ios\nsystem\n')],
])('%s is refused at once, whatever follows', (_, code) => {
  refused(openPickle(op.proto, code, 'this is no pickle'), /"os\.system"/);
});

test.each([
  ['torch', 'load'],
  ['torch._utils', '_rebuild_tensor'],
  ['torch', 'ComplexFloatStorage'],
  ['torch.storage', '_load_from_bytes'],
  ['collections', 'OrderedDict.fromkeys'],
  ['__builtin__', 'eval'],
  ['torch', '__proto__'],
  ['numpy.core.multiarray', 'scalar'],
])('%s.%s is refused', (module, name) => {
  refused(openPickle(op.proto, op.global(module, name), op.stop), new RegExp(`"${module}.${name}"`));
});

test('a refused name cannot garble the sentence', () => {
  refused(
    openPickle(op.proto, op.global('a\u0007\u001b[31m', 'b'.repeat(200)), op.stop),
    /"a\?\?\[31m\.b+…"/,
  );
});

test('permitted globals cannot be put to other uses', () => {
  const ordered = op.global('collections', 'OrderedDict');
  refused(openPickle(ordered, ')', [0x81], op.stop), /object of a class/); // NEWOBJ
  refused(openPickle('(', ordered, 'o', op.stop), /object of a class/); // OBJ
  refused(openPickle('(icollections\nOrderedDict\n', op.stop), /INST/);
  refused(openPickle([0x82, 1], op.stop), /extension registry/);
  refused(openPickle(ordered, '}b', op.stop), /attributes/);
  refused(openPickle(op.global('torch', 'FloatStorage'), ')R', op.stop), /calls "torch\.FloatStorage"/);
  refused(openPickle(op.tuple(op.text('module'), ordered), 'Q', op.stop), /keeps a "module"/);
  broken(openPickle(ordered, op.text('x'), 'R', op.stop), /no function/);
  broken(openPickle(op.text('os.system'), ')R', op.stop), /no function/);
});

test('broken stacks, marks, memos and lengths', () => {
  broken(openPickle(op.stop), /runs out of values/);
  broken(openPickle('t', op.stop), /runs out of marks/);
  broken(openPickle('N(0', op.stop), /runs out of values/);
  broken(openPickle('h', [7], op.stop), /does not have/);
  broken(openPickle('X', u32(0xffffffff), 'abc'), /cut short/);
  broken(openPickle([0x8d], u64(2n ** 63n), 'abc'), /cut short/);
  broken(openPickle([0x95], u64(2n ** 63n), op.stop), /cut short/);
  broken(openPickle('X', u32(2), [0xff, 0xfe], op.stop), /not UTF-8/);
  broken(openPickle([0x80, 9], op.stop), /newer pickle protocol/);
  broken(openPickle('Nz', op.stop), /0x7a/);
  broken(openPickle('](]Na', op.stop), /state dict/);
  broken(openPickle('NNa', op.stop), /no list/);
  broken(openPickle('}(Nu', op.stop), /no dict/);
  broken(openPickle('}]Ns', op.stop), /used as a key/);
  broken(openPickle('}'), /ends too early/);
});

test('growth is bounded', () => {
  broken(openPickle('N'.repeat(200_000), op.stop), /nested too deeply/);
  broken(openPickle('('.repeat(200_000), op.stop), /nested too deeply/);
  broken(openPickle(']0'.repeat(500_000), op.stop), /larger than any model/);
  broken(openPickle(op.text('x'.repeat(2 ** 20 + 1)), op.stop), /longer text/);
  const puts = Buffer.alloc(5 * 1_000_001, 'r');
  for (let i = 0; i < puts.length / 5; i += 1) puts.writeUInt32LE(i, 5 * i + 1);
  broken(openPickle('N', puts, op.stop), /larger than any model/);
});

test('a list that holds itself, doubled thirty times, ends', () => {
  const doubling = Array.from({ length: 30 }, () => '](h\u0000h\u0000eq\u0000').join('');
  broken(openPickle(']q\u0000', 'h\u0000a', doubling, op.stop), /other than a state dict/);
  broken(openPickle('}q\u0000', op.text('model'), 'h\u0000s', op.stop), /no weights/);
});

test('an OrderedDict made again and again from one list of pairs stays small', () => {
  const pairs = Array.from({ length: 20_000 }, (_, i) =>
    Buffer.concat([op.text(String(i)), Buffer.from([0x4e, 0x86])]),
  );
  const list = Buffer.concat([Buffer.from(']('), ...pairs, Buffer.from([0x65, 0x71, 0])]);
  const call = Buffer.from([0x68, 1, 0x68, 0, 0x85, 0x52, 0x30]); // BINGET, BINGET, TUPLE1, REDUCE, POP
  const calls = Array.from({ length: 20_000 }, () => call);
  const again = Buffer.concat([op.global('collections', 'OrderedDict'), Buffer.from([0x71, 1]), ...calls]);
  broken(openPickle(list, again, op.stop), /other than a state dict/);
});
