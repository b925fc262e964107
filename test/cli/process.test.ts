/**
 * The real process: Ctrl-C between steps, and a reader that goes away.
 * Everything else about the command line is tested without one.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MODEL, photoAt, temporaryFolder } from './helpers.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

function start(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

// Windows has no signals to send
const ways = [
  ['an aligned crop', ['--aligned']],
  ['a whole photo', ['--face-at', '5,5,10,5,7,11']],
] as const;
test.skipIf(process.platform === 'win32').each(ways)(
  '%s: Ctrl-C ends it with 130 and no file',
  async (_what, way) => {
    const folder = temporaryFolder();
    const photo = await photoAt(join(folder, 'a.png'));
    const out = join(folder, 'out');
    // a thousand steps of sixteen candidates: long enough to be still at it when the signal comes
    const long = ['--sampler', 'ddpm', '--strength', '1000', '--candidates', '16'];
    const child = start('restore', photo, ...way, '--out', out, '--model', MODEL, '--device', 'cpu', ...long);
    let said = '';
    let signalled = false;
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (!signalled && said.includes('Device:')) signalled = child.kill('SIGINT');
    });
    const [code] = (await once(child, 'close')) as [number | null];
    expect(said).toContain('Cancelled. 0 photos restored.');
    expect(code).toBe(130);
    expect(existsSync(out)).toBe(false);
  },
);

test('a reader that goes away is no error', async () => {
  const child = start('models', 'list', '--json');
  child.stdout?.destroy();
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  expect(said).toBe('');
  expect(code).toBe(0);
});
