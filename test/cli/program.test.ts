/**
 * The command line as a whole: help, versions, mistakes, the demo, and how text is shown.
 * The commands have tests of their own beside this.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import sharp from 'sharp';
import { describe, expect, test, vi } from 'vitest';
import { table } from '../../src/cli/describe.ts';
import { runCli } from '../../src/cli/program.ts';
import { createUi, duration } from '../../src/cli/ui.ts';
import { UserError } from '../../src/domain/errors.ts';
import { printable, quoted } from '../../src/domain/text.ts';
import { albumen, temporaryFolder } from './helpers.ts';

test('help and version are results: stdout and 0', async () => {
  for (const args of [['--help'], ['restore', '-h'], ['models', '--help'], ['models', 'add', '--help']]) {
    const ran = await albumen(args);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(/^Usage: albumen/);
  }
  expect((await albumen(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('no command, and no such command, are usage errors', async () => {
  for (const args of [[], ['models'], ['sharpen'], ['models', 'burn']]) {
    const ran = await albumen(args);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(/Usage: albumen|unknown command/);
    const json = await albumen([...args, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, error: { code: 'usage' } });
  }
});

test('a mistake of ours is 70, says how to report it, and shows a stack only when asked', async () => {
  const sink = (): PassThrough & { text: () => string } => {
    const stream = new PassThrough();
    return Object.assign(stream, { text: () => String(stream.read() ?? '') });
  };
  for (const debug of [undefined, '1']) {
    const [stdout, stderr] = [sink(), sink()];
    const env = new Proxy(
      {},
      {
        get: (_target, key) => {
          if (key === 'ALBUMEN_DEBUG') return debug;
          throw new Error('internal: the environment burns');
        },
      },
    );
    const { signal } = new AbortController();
    expect(await runCli(['models', 'list', '--json'], { stdout, stderr, env, signal })).toBe(70);
    const said = stderr.text();
    expect(said).toContain('a mistake of the program, not yours: internal: the environment burns');
    expect(said).toContain('ALBUMEN_DEBUG=1');
    expect(/^ *at /m.test(said)).toBe(debug === '1');
    expect(JSON.parse(stdout.text())).toMatchObject({ error: { code: 'internal' } });
  }
});

test('the demo writes its three pictures and says where they are', async () => {
  const out = join(temporaryFolder(), 'demo');
  const ran = await albumen(['demo', '--out', out, '--device', 'cpu']);
  expect(ran.code).toBe(0);
  expect(readdirSync(out).sort()).toEqual(['after.png', 'before-after.png', 'before.png']);
  expect(ran.stdout).toContain(join(out, 'before-after.png'));
  const pixels = (name: string): Promise<Buffer> => sharp(join(out, name)).raw().toBuffer();
  const [before, after] = [await pixels('before.png'), await pixels('after.png')];
  // restored is sharper: neighbours differ more
  const sharpness = (b: Buffer): number => b.reduce((sum, v, i) => sum + Math.abs(v - (b[i + 3] ?? v)), 0);
  expect(sharpness(after)).toBeGreaterThan(1.2 * sharpness(before));
  expect(existsSync('demo-out/before-after.png.tmp')).toBe(false);
});

describe('text', () => {
  test('what comes from outside cannot act on a terminal', async () => {
    expect(printable('a\u001b[2Jb\u202ec\nd')).toBe('a?[2Jb?c d');
    expect(quoted('x'.repeat(300))).toHaveLength(102);
    const ran = await albumen(['models', 'inspect', 'no\u001b[31msuch.pt']);
    expect(ran.stderr).not.toContain('\u001b');
  });

  test('durations and tables', () => {
    expect([40, 9940, 9960, 61_000, 3_725_000].map(duration)).toEqual([
      '0.0 s',
      '9.9 s',
      '10 s',
      '1 min 1 s',
      '1 h 2 min',
    ]);
    expect(
      table([
        ['ID', 'B'],
        ['longer', ''],
      ]),
    ).toEqual(['ID      B', 'longer']);
  });

  test('a terminal gets a bar that goes away, a log only lines, --json a clean stdout', () => {
    const stdout = new PassThrough();
    const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    const ui = createUi({ json: true, stdout, stderr });
    const bar = ui.progress('photo');
    bar.update(0, 2);
    bar.update(2, 2);
    bar.end();
    expect(String(stderr.read())).toContain('photo');
    ui.out('hidden');
    ui.problem(new UserError('usage', 'It broke.', 'Mend it.'), 'x: ');
    ui.problem(new UserError('usage', 'It broke again.', 'Mend it.'));
    expect(String(stderr.read())).toBe('x: It broke. Mend it.\nIt broke again.\n');
    ui.document({ ok: true });
    expect(String(stdout.read())).toBe('{\n  "ok": true\n}\n');
  });

  test('a log hears of long work now and then', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const stderr = new PassThrough();
      const progress = createUi({ json: false, stdout: new PassThrough(), stderr }).progress('a.png');
      for (let step = 0; step <= 10; step++) {
        progress.update(step, 10);
        vi.advanceTimersByTime(9000);
      }
      progress.end();
      expect(String(stderr.read()).trimEnd().split('\n')).toEqual([
        'a.png: step 3 of 10, about 1 min 3 s left',
        'a.png: step 6 of 10, about 36 s left',
        'a.png: step 9 of 10, about 9.0 s left',
      ]);
    } finally {
      vi.useRealTimers();
    }
  });
});
