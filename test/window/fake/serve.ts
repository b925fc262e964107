/**
 * Serves the built window with the fake studio behind it, through the real server host: what window tests open in
 * Chromium, and `node test/window/fake/serve.ts [photos] [port]` for looking at pages by hand.
 */
import { join } from 'node:path';
import process from 'node:process';
import sharp from 'sharp';
import { serve } from '../../../src/contract/serve.ts';
import { studio as contract } from '../../../src/contract/studio.ts';
import { startServer } from '../../../src/server/server.ts';
import type { RunningServer } from '../../../src/server/server.ts';
import { fakeStudio } from './studio.ts';
import type { FakeStudio } from './studio.ts';

export const WINDOW = join(import.meta.dirname, '../../../dist/renderer');

/** `photos` 0: an empty library. `stepMs`: how long a step of a job takes. */
export async function serveFake(
  photos: number,
  { port = 0, stepMs = 300, folder = WINDOW } = {},
): Promise<RunningServer & { readonly studio: FakeStudio }> {
  const fake = fakeStudio(photos, stepMs);
  const log = (error: unknown): void => void process.stderr.write(`${String(error)}\n`);
  const server = await startServer({
    port,
    clientFolder: folder,
    connect: (transport, client) => void serve(contract, fake.handlers, transport, { client, log }),
    pictures: async ({ kind, id, variant }) => {
      const svg = fake.picture(kind, id);
      if (svg === undefined) return undefined;
      const side = Number(variant ?? 1200);
      const bytes = await sharp(Buffer.from(svg))
        .resize(side, side, { fit: 'inside' })
        .webp({ quality: 70, effort: 0 })
        .toBuffer();
      return { bytes, mime: 'image/webp' };
    },
    log,
  });
  return { ...server, studio: fake };
}

if (process.argv[1] === import.meta.filename) {
  const [, , photos = '600', port = '0'] = process.argv;
  const { url } = await serveFake(Number(photos), { port: Number(port) });
  process.stdout.write(`${url}\n`);
}
