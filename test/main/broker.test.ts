/**
 * The two processes joined to each other and to windows, and taken up again when one dies; src/main/broker.ts.
 */
import { expect, it, vi } from 'vitest';
import { connect } from '../../src/contract/client.ts';
import { studio } from '../../src/contract/studio.ts';
import { directPair } from '../../src/contract/transports/direct.ts';
import { Broker, Patience } from '../../src/main/broker.ts';
import type { BrokerOptions } from '../../src/main/broker.ts';
import { hostHandlers } from '../../src/main/host.ts';
import { fakeLibrary, FakeUtility } from './fakes.ts';
import type { FakeLibrary } from './fakes.ts';

function broker() {
  const libraries: FakeLibrary[] = [];
  const engines: FakeUtility[] = [];
  const due: { readonly work: () => void; readonly ms: number }[] = [];
  let clock = 0;
  const options: BrokerOptions = {
    fork: (entry) => {
      if (entry === 'engine') {
        const engine = new FakeUtility();
        engines.push(engine);
        return engine;
      }
      const library = fakeLibrary();
      libraries.push(library);
      return library.utility;
    },
    log: vi.fn(),
    later: (work, ms) => due.push({ work, ms }),
    now: () => clock,
    started: vi.fn(),
  };
  const made = new Broker(options);
  const host = hostHandlers(() => made.client, { choose: async () => '/photos', reveal: () => undefined });
  const window = () => {
    const [near, far] = directPair();
    made.serveWindow(far, 'window-1', host);
    return connect(studio, near);
  };
  return { made, libraries, engines, due, options, window, wait: (ms: number) => (clock += ms) };
}

it('serves a window: its own slice from main, the rest from the library', async () => {
  const { window, libraries } = broker();
  const { client } = window();
  expect(await client.host.about({})).toEqual({ kind: 'electron', dialogs: true });
  expect((await client.photos.page({ offset: 0, limit: 5 })).photos).toHaveLength(5);
  expect(libraries[0]?.channels).toEqual(['host', 'engine', 'window-1']);
});

it('never serves a window what takes paths', () => {
  expect(Object.keys(studio)).not.toContain('libraryHost');
  expect(Object.keys(studio)).not.toContain('files');
});

it('joins the library and the engine', async () => {
  const { libraries, engines } = broker();
  const heard = vi.fn();
  engines[0]?.line.start({ message: heard, closed: vi.fn() });
  await vi.waitFor(() => expect(libraries[0]?.engines).toHaveLength(1));
  libraries[0]?.engines[0]?.start({ message: vi.fn(), closed: vi.fn() });
  libraries[0]?.engines[0]?.send({ ask: 1 });
  await vi.waitFor(() => expect(heard).toHaveBeenCalledWith({ ask: 1 }));
});

it('gives the library another engine when one dies, and tells it of the death', async () => {
  const { libraries, engines, due, wait } = broker();
  await vi.waitFor(() => expect(libraries[0]?.engines).toHaveLength(1));
  const closed = vi.fn();
  libraries[0]?.engines[0]?.start({ message: vi.fn(), closed });
  wait(60_000);
  engines[0]?.exit(139);
  await vi.waitFor(() => expect(closed).toHaveBeenCalled());
  expect(due).toHaveLength(1);
  due[0]?.work();
  expect(engines).toHaveLength(2);
  await vi.waitFor(() => expect(libraries[0]?.engines).toHaveLength(2));
});

it('ends an engine whose channel the library closes', async () => {
  const { libraries, engines } = broker();
  await vi.waitFor(() => expect(libraries[0]?.engines).toHaveLength(1));
  libraries[0]?.engines[0]?.start({ message: vi.fn(), closed: vi.fn() });
  libraries[0]?.engines[0]?.close('ended');
  await vi.waitFor(() => expect(engines[0]?.killed).toBe(true));
});

it('starts another library when it dies; the window is told, and finds it', async () => {
  const { window, libraries, engines, due, options, made } = broker();
  const first = window();
  await first.client.settings.get({});
  libraries[0]?.utility.exit(1);
  expect(await first.closed).toContain('ended');
  expect(engines[0]?.killed).toBe(true);
  expect(options.log).toHaveBeenCalledWith({ ended: 'library', why: 'the process has ended (1)' });
  // the engine belonged to it, and is not started for a library that is gone
  expect(due.map(({ ms }) => ms)).toEqual([500]);
  due[0]?.work();
  expect(libraries).toHaveLength(2);
  expect(engines).toHaveLength(2);
  expect(options.started).toHaveBeenCalledTimes(2);
  expect((await window().client.settings.get({})).theme).toBe('system');
  expect((await made.client.settings.get({})).theme).toBe('system');
});

it('ends both and starts nothing again when it is closed', () => {
  const { made, libraries, engines, due } = broker();
  made.close();
  expect(libraries[0]?.utility.killed).toBe(true);
  expect(engines[0]?.killed).toBe(true);
  expect(due).toEqual([]);
});

it('waits longer each time a process dies at once, and not at all after it lived', () => {
  const patience = new Patience();
  expect([100, 100, 100, 100].map((lived) => patience.after(lived))).toEqual([500, 1000, 2000, 4000]);
  for (let i = 0; i < 10; i++) patience.after(0);
  expect(patience.after(0)).toBe(30_000);
  expect(patience.after(60_000)).toBe(0);
  expect(patience.after(0)).toBe(500);
});
