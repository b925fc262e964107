/**
 * Files of all kinds through `albumen restore` in one batch: each comes out right, or is named in one clear sentence, and
 * the rest goes on. Nobody looks for faces here: the print alone is repaired.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { restoreWhole, temporaryFolder } from './helpers.ts';

const REPAIR = ['--detector', 'none', '--repair', 'tone=1'];

/** Faded, so that the repair shows. */
function faded(width = 60, height = 40): Sharp {
  const data = Uint8Array.from(
    { length: 3 * width * height },
    (_, i) => 100 + ((i / 3) % width) + (i % 3) * 4,
  );
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** The same in 16 bits. */
function deep(): Sharp {
  const data = Uint16Array.from(
    { length: 3 * 60 * 40 },
    (_, i) => 257 * (100 + ((i / 3) % 60)) + (i % 3) * 1000 + 5,
  );
  return sharp(data, { raw: { width: 60, height: 40, channels: 3 } }).toColourspace('rgb16');
}

/** A PNG whose header claims a size, with nothing behind it. */
async function claiming(width: number, height: number): Promise<Buffer> {
  const bytes = await faded(8, 8).png().toBuffer();
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

test('what can be restored is, what cannot is named, nothing is lost', async () => {
  const folder = temporaryFolder();
  const inputs = join(folder, 'in');
  mkdirSync(inputs);
  const put = (name: string, bytes: Uint8Array | string): void => writeFileSync(join(inputs, name), bytes);
  put('turned.jpg', await faded().withMetadata({ orientation: 6 }).jpeg().toBuffer());
  put('grey.png', await faded().toColourspace('b-w').png().toBuffer());
  put('deep.png', await deep().png().toBuffer());
  put('cmyk.jpg', await faded().toColourspace('cmyk').jpeg().toBuffer());
  put('clear.png', await faded().ensureAlpha(0.5).png().toBuffer());
  put('dot.png', await faded(1, 1).png().toBuffer());
  put('line.png', await faded(1, 20000).png().toBuffer());
  put('moving.gif', await faded().gif().toBuffer());
  put('bomb.png', await claiming(30000, 30000));
  put('empty.jpg', '');
  put('letter.jpg', 'Dear grandma,');
  const whole = await faded(400, 300).jpeg().toBuffer();
  put('short.jpg', whole.subarray(0, whole.length / 2));
  put('phone.jpg', Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic'), Buffer.alloc(64)]));
  const before = new Map(readdirSync(inputs).map((name) => [name, readFileSync(join(inputs, name))]));

  const out = join(folder, 'out');
  const ran = await restoreWhole([inputs, '--out', out, ...REPAIR, '--json']);
  expect(ran.code).toBe(1);
  const { results } = JSON.parse(ran.stdout) as {
    results: { input: string; status: string; error?: { code: string } }[];
  };
  const statuses = results.map(({ input, status, error }) => [
    input.split(/[\\/]/).at(-1),
    error?.code ?? status,
  ]);
  expect(Object.fromEntries(statuses)).toEqual({
    ...{ 'turned.jpg': 'restored', 'grey.png': 'restored', 'deep.png': 'restored', 'cmyk.jpg': 'restored' },
    ...{ 'clear.png': 'restored', 'dot.png': 'restored', 'line.png': 'restored', 'moving.gif': 'restored' },
    ...{ 'bomb.png': 'photo.unreadable', 'empty.jpg': 'photo.unreadable', 'letter.jpg': 'photo.unreadable' },
    ...{ 'short.jpg': 'photo.unreadable', 'phone.jpg': 'photo.unreadable' },
  });
  const facts = async (name: string): Promise<unknown> => {
    const { width, height, depth, space, hasAlpha, orientation } = await sharp(join(out, name)).metadata();
    return { width, height, depth, space, hasAlpha, orientation: orientation ?? 1 };
  };
  const usual = { width: 60, height: 40, depth: 'uchar', space: 'srgb', hasAlpha: false, orientation: 1 };
  expect(await facts('turned.restored.jpg')).toEqual({ ...usual, width: 40, height: 60 });
  expect(await facts('grey.restored.png')).toEqual({ ...usual, space: 'b-w' });
  expect(await facts('deep.restored.png')).toEqual({ ...usual, depth: 'ushort', space: 'rgb16' });
  expect(await facts('cmyk.restored.jpg')).toEqual(usual);
  expect(await facts('clear.restored.png')).toEqual({ ...usual, hasAlpha: true });
  expect(await facts('dot.restored.png')).toMatchObject({ width: 1, height: 1 });
  expect(await facts('line.restored.png')).toMatchObject({ width: 1, height: 20000 });
  expect(await facts('moving.restored.png')).toMatchObject({ width: 60, height: 40 });
  expect(ran.stderr).toContain('Note: its colours became sRGB, from CMYK.');
  expect(ran.stderr).toContain('"bomb.png" says it has 30000 x 30000 pixels');
  expect(ran.stderr).toContain('"short.jpg" is damaged or cut short.');
  expect(ran.stderr).toContain('"phone.jpg" is a HEIC picture, which cannot be read yet.');
  expect(ran.stderr).toContain('8 photos restored, 5 failed.');
  expect(ran.stderr).not.toMatch(/^\s+at /m);
  for (const [name, bytes] of before) expect(readFileSync(join(inputs, name)).equals(bytes)).toBe(true);
  expect(readdirSync(out).filter((name) => name.includes('tmp'))).toEqual([]);
});

test('photos without faces: said, nothing written, no failure', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'in'));
  await faded().png().toFile(join(folder, 'in/sea.png'));
  const ran = await restoreWhole([join(folder, 'in'), '--out', join(folder, 'out'), '--detector', 'none']);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toMatch(/sea\.png: no faces found, nothing written/);
  expect(ran.stderr).toContain('0 photos restored, 1 without faces.');
  expect(readdirSync(folder)).toEqual(['in']);
});

test('results keep metadata, and a format without room for something says so', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'in'));
  const exif = {
    IFD0: { Artist: 'anna', ImageDescription: 'by the sea' },
    IFD2: { DateTimeOriginal: '1956:07:08 12:00:00' },
  };
  await faded().withMetadata({ exif, density: 300 }).jpeg().toFile(join(folder, 'in/a.jpg'));
  const out = join(folder, 'out');
  const named = [...REPAIR, '--name', '{date} {name}', '--quality', '80'];
  expect((await restoreWhole([join(folder, 'in'), '--out', out, ...named])).code).toBe(0);
  expect(readdirSync(out).sort()).toEqual(['1956-07-08 a.jpg', '1956-07-08 a.recipe.json']);
  const metadata = await sharp(join(out, '1956-07-08 a.jpg')).metadata();
  expect(metadata.density).toBe(300);
  for (const text of ['anna', 'by the sea', '1956:07:08 12:00:00', 'Albumen'])
    expect(metadata.exif?.toString('latin1')).toContain(text);
});
