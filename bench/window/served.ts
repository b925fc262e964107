/**
 * What bench/window.ts opens: the fake studio of the window's tests with many photos, or the real application with one
 * photo made here. Both are processes of their own, so that the bench's work is not in their figures.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

const ROOT = join(import.meta.dirname, '../..');
const START_MS = 120_000;

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

export function serveMany(photos: number): Promise<Served> {
  return serve(['test/window/fake/serve.ts', String(photos), '0'], process.env);
}

/** Its home, which is called home, has one photo with a face, in Pictures/Scans. */
export async function serveReal(): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'albumen-bench-window-'));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const home = join(folder, 'home');
    const scans = join(home, 'Pictures', 'Scans');
    mkdirSync(scans, { recursive: true });
    const face = await sharp(join(ROOT, 'resources/demo/face.png')).resize(420, 420).toBuffer();
    await sharp({ create: { width: 960, height: 760, channels: 3, background: '#8a7a66' } })
      .composite([{ input: face, left: 270, top: 150 }])
      .blur(1)
      .jpeg({ quality: 90 })
      .toFile(join(scans, 'scan.jpg'));
    const data = join(folder, 'data');
    const env = { ...process.env, HOME: home, USERPROFILE: home };
    const served = await serve(['src/cli/main.ts', 'serve', '--library', data, '--port', '0'], env);
    return { url: served.url, close: () => served.close().finally(clean) };
  } catch (error) {
    clean();
    throw error;
  }
}

/** Runs a program of ours until it says its address. */
async function serve(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Served> {
  if (!existsSync(join(ROOT, 'dist/renderer/index.html')))
    throw new Error('The window is not built: run npm run build:window first.');
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), START_MS);
  child.stdout.setEncoding('utf8');
  let said = '';
  for await (const text of child.stdout.iterator({ destroyOnReturn: false })) {
    said += String(text);
    const [url] = /http:\S+\s/.exec(said) ?? [];
    if (url === undefined) continue;
    clearTimeout(late);
    child.stdout.resume();
    const close = async (): Promise<void> => {
      const killed = setTimeout(() => child.kill('SIGKILL'), 30_000);
      child.kill('SIGINT');
      await ended;
      clearTimeout(killed);
    };
    return { url: url.trim(), close };
  }
  throw new Error(`${args.join(' ')} ended before it said its address: ${said}`);
}
