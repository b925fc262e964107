/**
 * `npm run pack:check`: packs the built application for Linux around a stub of Electron, asserts that exactly what is
 * needed is inside (pack/inside.ts), that the fuses are set, and that the packed processes run; prints the sizes.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { extractAll, listPackage, statFile } from '@electron/asar';
import sharp from 'sharp';
import { complaints } from './pack/inside.ts';
import type { PackedFile } from './pack/inside.ts';
import { runPacked } from './pack/run.ts';
import { makeStub, readFuses } from './pack/stub.ts';

/** What is on in a package; everything else is off. */
const FUSES_ON = ['asarIntegrity', 'cookieEncryption', 'onlyLoadAppFromAsar'];

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'albumen-pack-'));
try {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: { electron: string };
  };
  makeStub(join(folder, 'electron'), devDependencies.electron);
  pack(join(folder, 'electron'), join(folder, 'out'));

  const unpacked = join(folder, 'out/linux-unpacked');
  const archive = join(unpacked, 'resources/app.asar');
  const files = filesOf(archive);
  const problems = complaints(files);
  const on = [...readFuses(join(unpacked, 'albumen'))].sort();
  if (on.join() !== FUSES_ON.join()) problems.push(`the fuses that are on are ${on.join(', ')}`);
  console.log(`files   ${files.length}`);
  console.log(`archive ${megabytes(files.filter((file) => !file.unpacked))}`);
  console.log(`beside  ${megabytes(files.filter((file) => file.unpacked))} (natives and weights)`);
  console.log(`fuses   ${on.join(', ')}; the others off`);
  if (problems.length === 0) console.log(`runs    ${await run(archive)}`);
  for (const problem of problems) console.error(`error: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack(electron: string, output: string): void {
  const cli = join(root, 'node_modules/electron-builder/cli.js');
  const settings = [`-c.electronDist=${electron}`, `-c.directories.output=${output}`];
  const args = [cli, '--linux', '--x64', '--dir', ...settings];
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  // It tells what went wrong on its standard output, among all the rest.
  if (status !== 0) throw new Error(`electron-builder could not pack it:\n${stdout}`);
}

function filesOf(archive: string): PackedFile[] {
  return listPackage(archive, { isPack: false }).flatMap((listed) => {
    const path = listed.slice(1);
    const entry = statFile(archive, path, false);
    if ('files' in entry) return [];
    const { size, unpacked } = entry as { size?: number; unpacked?: boolean };
    return [{ path: path.replaceAll(sep, '/'), bytes: size ?? 0, unpacked: unpacked === true }];
  });
}

function megabytes(files: readonly PackedFile[]): string {
  return `${(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(1)} MB`;
}

async function run(archive: string): Promise<string> {
  const photos = join(folder, 'photos');
  mkdirSync(photos);
  const grey = { width: 320, height: 240, channels: 3, background: '#998877' } as const;
  await sharp({ create: grey }).jpeg().toFile(join(photos, 'one.jpg'));
  extractAll(archive, join(folder, 'application'));
  return runPacked(join(folder, 'application'), join(folder, 'data'), photos);
}
