/**
 * A damaged database on the desktop: what a person is asked, and the library started again as they said;
 * src/main/recovery.ts and broker.ts. test/processes/recovery.test.ts does it with a real database.
 */
import { expect, it, vi } from 'vitest';
import { UserError } from '../../src/domain/errors.ts';
import { Broker } from '../../src/main/broker.ts';
import { openedOrAsked } from '../../src/main/recovery.ts';
import type { Desk, Message } from '../../src/main/recovery.ts';
import { serveRefusal } from '../../src/processes/refusal.ts';
import { fakeLibrary, FakeUtility } from './fakes.ts';

const damaged = (backups: number): UserError =>
  new UserError('library.corrupt', 'The database is damaged.', 'On the command line: --recover', {
    data: { backups },
  });

/** A library that refuses with `why` until it is told what to do, or for good. */
function setUp(why: UserError, forGood = false) {
  const ways: (string | null)[] = [];
  const due: (() => void)[] = [];
  const engines: FakeUtility[] = [];
  const broker = new Broker({
    fork: (entry, recover) => {
      const engine = new FakeUtility();
      if (entry === 'engine') {
        engines.push(engine);
        return engine;
      }
      ways.push(recover);
      if (recover !== null && !forGood)
        return fakeLibrary('/nowhere.png', { setAside: 'studio.db.damaged', from: null }).utility;
      const utility = new FakeUtility();
      serveRefusal(utility.line, why);
      return utility;
    },
    log: () => undefined,
    later: (work) => due.push(work),
    now: () => 0,
  });
  const shown: Message[] = [];
  const desk = (button: string) => ({
    show: vi.fn((message: Message) => {
      shown.push(message);
      return Promise.resolve(message.buttons.indexOf(button));
    }),
    again: vi.fn((way: Parameters<Desk['again']>[0]) => broker.recover(way)),
    quit: vi.fn(),
  });
  return { broker, ways, due, engines, shown, desk };
}

it.each([
  ['Restore the backup', 'backup'],
  ['Rebuild from the folders', 'rebuild'],
])('%s starts the library again with that way, once', async (button, way) => {
  const { broker, ways, due, engines, shown, desk } = setUp(damaged(2));
  expect(await openedOrAsked(broker.client, desk(button))).toBe(false);
  expect(shown[0]).toMatchObject({
    type: 'warning',
    message: 'The database is damaged.',
    buttons: ['Restore the backup', 'Rebuild from the folders', 'Quit'],
  });
  // what a terminal wants to hear is no help in a window
  expect(shown[0]?.detail).not.toContain('--recover');
  expect(due).toHaveLength(1);
  expect(engines[0]?.killed).toBe(true);
  due[0]?.();
  expect(ways).toEqual([null, way]);

  expect(await openedOrAsked(broker.client, desk('OK'))).toBe(true);
  expect(shown[1]).toMatchObject({ type: 'info', buttons: ['OK'] });
  expect(shown[1]?.detail).toContain('studio.db.damaged');
});

it('asks again where the way led nowhere', async () => {
  const { broker, ways, due, shown, desk } = setUp(damaged(1), true);
  await openedOrAsked(broker.client, desk('Restore the backup'));
  due[0]?.();
  expect(await openedOrAsked(broker.client, desk('Quit'))).toBe(false);
  expect(ways).toEqual([null, 'backup']);
  expect(shown).toHaveLength(2);
});

it('offers no backup where there is none; Quit ends the application and starts nothing', async () => {
  const { broker, ways, due, shown, desk } = setUp(damaged(0));
  const quitting = desk('Quit');
  await openedOrAsked(broker.client, quitting);
  expect(shown[0]?.buttons).toEqual(['Rebuild from the folders', 'Quit']);
  expect(quitting.quit).toHaveBeenCalledOnce();
  expect(quitting.again).not.toHaveBeenCalled();
  expect([ways, due]).toEqual([[null], []]);
});

it('asks nothing about a library that is open, or refuses for another reason', async () => {
  const fine = new Broker({
    fork: (entry) => (entry === 'engine' ? new FakeUtility() : fakeLibrary().utility),
    ...{ log: () => undefined, later: () => undefined, now: () => 0 },
  });
  const { broker, desk } = setUp(new UserError('busy', 'Another Albumen has this library open.'));
  const silent = desk('OK');
  expect(await openedOrAsked(fine.client, silent)).toBe(true);
  await expect(openedOrAsked(broker.client, silent)).rejects.toMatchObject({ code: 'busy' });
  expect(silent.show).not.toHaveBeenCalled();
});
