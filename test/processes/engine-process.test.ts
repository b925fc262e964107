/**
 * The engine's process as the library sees it: one at a time, another when it has died, and whose fault that was.
 */
import { expect, it } from 'vitest';
import { directPair } from '../../src/contract/transports/direct.ts';
import { forLibrary } from '../../src/contract/engine.ts';
import { serve } from '../../src/contract/serve.ts';
import { UserError } from '../../src/domain/errors.ts';
import { EngineProcess, GivenEngine } from '../../src/processes/library/engine-process.ts';
import type { EngineLine } from '../../src/processes/library/engine-process.ts';
import { WorkerDied } from '../../src/services/jobs/ports.ts';

const report = { chosen: 'cpu', threads: 1, trials: [] };
const asked = { device: 'cpu', threads: 1 } as const;

/** An engine in this process: answers `device`, waits for ever in `stop`, and can be killed. */
function toyEngine() {
  const started: { alive: boolean; die: (how: string) => void }[] = [];
  const start = (): Promise<EngineLine> => {
    const [mine, theirs] = directPair();
    const { promise: gone, resolve } = Promise.withResolvers<string>();
    const none = (): never => {
      throw new UserError('usage', 'not here');
    };
    const engine = {
      ...{ device: () => report, stop: () => new Promise<undefined>(() => undefined) },
      ...{ check: none, faces: none, damage: none, restore: none, finetune: none, album: none },
    };
    const process = {
      alive: true,
      die: (how: string) => {
        process.alive = false;
        theirs.close();
        resolve(how);
      },
    };
    // as the real one does, it leaves when nobody is there any more
    const served = serve(forLibrary, { engine }, theirs, { log: () => undefined });
    void served.closed.then(() => process.die('exit code 0'));
    started.push(process);
    return Promise.resolve({ transport: mine, kill: () => process.die('SIGKILL'), gone });
  };
  return { start, started };
}

it('is started once, when it is needed', async () => {
  const { start, started } = toyEngine();
  const engine = new EngineProcess(start, () => undefined);
  expect(started).toHaveLength(0);
  const device = () => engine.use((client) => client.device(asked));
  expect(await Promise.all([device(), device()])).toEqual([report, report]);
  expect(started).toHaveLength(1);
  await engine.close();
  expect(started[0]?.alive).toBe(false);
  await expect(device()).rejects.toMatchObject({ code: 'disconnected' });
});

it('tells that it died, how, and is started again', async () => {
  const { start, started } = toyEngine();
  const ends: string[] = [];
  const engine = new EngineProcess(start, (how) => ends.push(how));
  const work = engine.use((client) => client.stop({ order: 'a' }));
  await engine.use((client) => client.device(asked));
  started[0]?.die('SIGSEGV');
  const error: unknown = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WorkerDied);
  expect((error as WorkerDied).message).toBe('SIGSEGV');
  expect(ends).toEqual(['SIGSEGV']);
  expect(await engine.use((client) => client.device(asked))).toEqual(report);
  expect(started.map(({ alive }) => alive)).toEqual([false, true]);
  await engine.close();
});

it('is not blamed where we ended it', async () => {
  const { start } = toyEngine();
  const ends: string[] = [];
  const engine = new EngineProcess(start, (how) => ends.push(how));
  const work = engine.use((client) => client.stop({ order: 'a' }));
  await engine.use((client) => client.device(asked));
  engine.end();
  await expect(work).rejects.toMatchObject({ code: 'cancelled' });
  expect(ends).toEqual([]);
  await engine.close();
});

it('may be given by a host, a new one for each that is gone', async () => {
  const given = new GivenEngine();
  const engine = new EngineProcess(given.start, () => undefined);
  const { start, started } = toyEngine();
  for (let n = 0; n < 2; n++) {
    const line = await start();
    given.give(line.transport);
    expect(await engine.use((client) => client.device(asked))).toEqual(report);
    engine.end();
    started[n]?.die('ended');
    await line.gone;
    // its end is heard a moment later
    await new Promise((resolve) => setImmediate(resolve));
  }
  await engine.close();
});
