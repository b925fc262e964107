/**
 * `albumen faces`: the faces that would be found in photos, with the numbers that restore --face takes.
 * restoration/plan.ts numbers them; nothing is written.
 */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { counted } from '../../domain/text.ts';
import { chooseRuntime } from '../../engine/runtime/providers.ts';
import type { Device } from '../../engine/runtime/providers.ts';
import { readPhotograph } from '../../imaging/photograph/read.ts';
import { openDetector } from '../../restoration/detectors.ts';
import { findFaces, sideOfSquare } from '../../restoration/plan.ts';
import { findDetector } from '../face-models.ts';
import type { Host } from '../host.ts';
import { deviceOption, jsonOption, threadsOption } from '../options.ts';
import { exitCodeOf, runEach } from '../restore/outcome.ts';
import { photosIn } from '../restore/whole.ts';

interface Options {
  readonly detector?: string;
  readonly device: Device;
  readonly threads?: number;
}

export function addFaces(program: Command, host: Host): void {
  program
    .command('faces')
    .description('list the faces in photos, from left to right')
    .argument('<files or folders...>', 'pictures, or folders that are searched for them')
    .option('--detector <id or file>', 'who finds the faces (default: the bundled one)')
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action((paths: string[], options: Options) => listFaces(paths, options, host));
}

async function listFaces(paths: readonly string[], options: Options, host: Host): Promise<void> {
  const { ui, env, signal } = host;
  const photos = photosIn(paths);
  const { choice } = findDetector(options.detector, env);
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const { runtime } = await chooseRuntime(options.device, threads);
  await using _runtime = runtime;
  const detector = await openDetector(choice, runtime);
  try {
    const { outcomes, cancelled } = await runEach(photos, host, async ({ path }) => {
      const photo = await readPhotograph(path, { signal });
      const faces = await findFaces(photo, { detector }, signal);
      ui.out(`${path}: ${faces.length === 0 ? 'no faces' : counted(faces.length, 'face')}`);
      faces.forEach((face, i) => {
        if (face.kind !== 'face') return;
        const { left, top, width, height } = face.box;
        const at = `at ${Math.round(left)}, ${Math.round(top)}, ${Math.round(width)} x ${Math.round(height)}`;
        const side = `square of ${Math.round(sideOfSquare(face))} pixels`;
        ui.out(`  ${i + 1}: ${at}, ${side}, score ${(face.score ?? 1).toFixed(2)}`);
      });
      const source = { width: photo.width, height: photo.height };
      const status = faces.length === 0 ? 'no-faces' : 'found';
      return { input: path, status, outputs: [], name: basename(path), source, faces };
    });
    const code = cancelled ? 130 : exitCodeOf(outcomes);
    host.exit(code);
    ui.document({ ok: code === 0, detector: detector.name, results: outcomes });
  } finally {
    await detector.release();
  }
}
