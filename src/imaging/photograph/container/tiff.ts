/**
 * TIFF (6.0): descriptions out of one and into one, which the library below does not do (it knows no EXIF in TIFF), and
 * a plain one that carries pixels with a profile to the colour engine. ../ifd.ts reads and writes the directories.
 */
import { blockOf, describes } from '../exif.ts';
import { EXIF, GPS, directoryBytes, memorySource, numberTag, readTiff, toLittle, viewOf } from '../ifd.ts';
import type { ByteSource, Tag } from '../ifd.ts';
import type { Blocks } from './blocks.ts';

const XMP = 700;
const IPTC = 33723;
const ICC = 34675;

/** EXIF (as a block of its own) and IPTC of a TIFF file's first page; nothing where they cannot be read. */
export async function tiffBlocks(source: ByteSource): Promise<Blocks> {
  const root = await readTiff(source);
  if (!root) return {};
  const { tags, below, ...rest } = toLittle(root);
  // IPTC is bytes, but many programs declare 32-bit numbers, which then are not to be swapped
  const iptc = root.tags.find(({ id }) => id === IPTC)?.bytes;
  return {
    exif: blockOf({ ...rest, tags: tags.filter(describes), below, next: 0 }),
    ...(iptc ? { iptc } : {}),
  };
}

/** The pieces of a whole TIFF file, as sharp wrote it (little-endian), with blocks added after its end. */
export async function intoTiff(file: Uint8Array, blocks: Blocks): Promise<Uint8Array[]> {
  const root = await readTiff(memorySource(file));
  if (!root) throw new Error('internal: a TIFF file of ours has no directory');
  const exif = blocks.exif && (await readTiff(memorySource(blocks.exif)));
  const described = exif && toLittle(exif);
  const own = new Set(root.tags.map(({ id }) => id));
  const below = [EXIF, GPS].flatMap((id) => {
    const directory = described?.below.get(id);
    return directory ? [[id, { ...directory, next: 0 }] as const] : [];
  });
  const added: Tag[] = (described?.tags ?? []).filter((tag) => describes(tag) && !own.has(tag.id));
  for (const [id, type, bytes] of [
    [XMP, 1, blocks.xmp],
    [IPTC, 7, blocks.iptc],
    [ICC, 7, blocks.icc],
  ] as const)
    if (bytes) added.push({ id, type, count: bytes.length, bytes });
  const end = file.length + (file.length % 2);
  const directory = directoryBytes(
    { ...toLittle(root), tags: [...toLittle(root).tags, ...added], below: new Map(below), next: 0 },
    end,
  );
  viewOf(file).setUint32(4, end, true);
  return [file, new Uint8Array(end - file.length), directory];
}

/** An uncompressed 16-bit RGB TIFF of interleaved pixels and the profile that says what they mean. */
export function profiledTiff(rgb: Uint16Array, width: number, height: number, profile: Uint8Array): Buffer {
  const pixels = Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength);
  const bits = Uint8Array.of(16, 0, 16, 0, 16, 0);
  const tags: Tag[] = [
    numberTag(256, 4, width, true),
    numberTag(257, 4, height, true),
    { id: 258, type: 3, count: 3, bytes: bits },
    numberTag(259, 3, 1, true),
    numberTag(262, 3, 2, true),
    numberTag(273, 4, 8, true),
    numberTag(277, 3, 3, true),
    numberTag(278, 4, height, true),
    numberTag(279, 4, pixels.length, true),
    { id: ICC, type: 7, count: profile.length, bytes: profile },
  ];
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1');
  head.writeUInt32LE(8 + pixels.length, 4);
  const directory = directoryBytes(
    { little: true, tags, below: new Map(), next: 0, end: 0 },
    8 + pixels.length,
  );
  return Buffer.concat([head, pixels, directory]);
}
