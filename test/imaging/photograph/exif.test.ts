/**
 * EXIF blocks: edited so that what they held stays, in both byte orders; damaged ones do no harm.
 * save.test.ts checks them inside files.
 */
import { expect, test } from 'vitest';
import { compactExif, editExif, exifFacts } from '../../../src/imaging/photograph/exif.ts';
import {
  EXIF,
  directoryBytes,
  memorySource,
  numberOf,
  readTiff,
  textOf,
  textTag,
} from '../../../src/imaging/photograph/ifd.ts';
import type { Directory, Tag } from '../../../src/imaging/photograph/ifd.ts';

const edits = { software: 'Albumen 1', width: 70000, height: 20, density: 600, jpeg: true };

function number(id: number, type: 3 | 4, value: number, little: boolean): Tag {
  const bytes = Buffer.alloc(type === 3 ? 2 : 4);
  if (little) bytes.writeUIntLE(value, 0, bytes.length);
  else bytes.writeUIntBE(value, 0, bytes.length);
  return { id, type, count: 1, bytes };
}

/** A camera's block: a vendor's note at a known offset, a thumbnail at the end. */
function camera(little: boolean): { block: Buffer; note: number } {
  const note = Buffer.from('Vendor\0 offsets in here count from the start of the block');
  const inner: Directory = {
    little,
    tags: [
      textTag(0x9003, '1984:05:06 07:08:09'),
      { id: 0x927c, type: 7, count: note.length, bytes: note },
      number(0xa002, 3, 400, little),
      number(0xa003, 4, 300, little),
    ],
    below: new Map(),
    next: 0,
    end: 0,
  };
  const first = {
    little,
    tags: [textTag(0x10f, 'Maker'), textTag(0x131, 'firmware'), number(0x112, 3, 6, little)],
  };
  const below = new Map([[EXIF, inner]]);
  const length = directoryBytes({ ...first, below, next: 0, end: 0 }, 8).length;
  const root = directoryBytes({ ...first, below, next: 8 + length, end: 0 }, 8);
  const thumbnail = Buffer.from('\xff\xd8 a small picture \xff\xd9', 'latin1');
  const tags = [number(0x201, 4, 8 + length + 30, little), number(0x202, 4, thumbnail.length, little)];
  const second = directoryBytes({ little, tags, below: new Map(), next: 0, end: 0 }, 8 + length);
  const head = Buffer.from(little ? 'II*\0\x08\0\0\0' : 'MM\0*\0\0\0\x08', 'latin1');
  const block = Buffer.concat([head, root, second, thumbnail]);
  return { block, note: block.indexOf('Vendor') };
}

test.each([true, false])('a block is edited where it stands (little-endian: %j)', async (little) => {
  const { block, note } = camera(little);
  expect(await exifFacts(block)).toEqual({ taken: '1984:05:06 07:08:09' });
  const edited = Buffer.from(await editExif(block, edits));
  const root = await readTiff(memorySource(edited));
  expect(root).toMatchObject({ little, next: 0 });
  expect(textOf(root, 0x10f)).toBe('Maker');
  expect(textOf(root, 0x131)).toBe('Albumen 1');
  expect(numberOf(root, 0x112)).toBe(1);
  expect(root?.tags.map(({ id }) => id)).toEqual([0x10f, 0x112, 0x11a, 0x11b, 0x128, 0x131]);
  const inner = root?.below.get(EXIF);
  expect([numberOf(inner, 0xa002), numberOf(inner, 0xa003)]).toEqual([70000, 20]);
  expect(edited.indexOf('Vendor')).toBe(note);
  expect(edited.indexOf('a small picture')).toBe(-1);
  expect(await exifFacts(edited)).toEqual({ taken: '1984:05:06 07:08:09', density: 600 });
  const twice = await readTiff(memorySource(await editExif(edited, { ...edits, density: 10 })));
  expect(numberOf(twice, 0x11a)).toBe(600);
});

test('none, and damaged ones, become new ones', async () => {
  const { block } = camera(true);
  const endless = Buffer.from(block);
  endless.writeUInt32LE(0xfffffff0, 4);
  for (const bytes of [undefined, Buffer.from('nothing of the kind'), block.subarray(0, 9), endless]) {
    const root = await readTiff(memorySource(await editExif(bytes, edits)));
    expect(textOf(root, 0x131)).toBe('Albumen 1');
    expect(numberOf(root, 0x11a)).toBe(600);
  }
});

test('no damage to a single byte is more than an unreadable value', async () => {
  const { block } = camera(false);
  for (let i = 0; i < block.length; i++)
    for (const value of [0, 255, block[i]! ^ 1]) {
      const bad = Buffer.from(block);
      bad[i] = value;
      await exifFacts(bad);
      expect((await editExif(bad, edits)).length).toBeLessThan(2 * block.length);
      await compactExif(bad);
    }
});

test('a compact block has all but vendors’ notes', async () => {
  const { block } = camera(false);
  const compact = Buffer.from(await compactExif(block));
  const root = await readTiff(memorySource(compact));
  expect(root?.little).toBe(true);
  expect(textOf(root, 0x10f)).toBe('Maker');
  expect(textOf(root?.below.get(EXIF), 0x9003)).toBe('1984:05:06 07:08:09');
  expect(numberOf(root?.below.get(EXIF), 0xa002)).toBe(400);
  expect(compact.indexOf('Vendor')).toBe(-1);
});
