/**
 * The main menu: every command once, no key twice, and what a Mac has elsewhere; src/main/menu.ts.
 */
import type { MenuItemConstructorOptions } from 'electron';
import { expect, it, vi } from 'vitest';
import { menuTemplate } from '../../src/main/menu.ts';

const flat = (items: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
  items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])]);

for (const mac of [true, false]) {
  it(`tells the window every command (${mac ? 'Mac' : 'others'})`, () => {
    const command = vi.fn();
    const addFolder = vi.fn();
    const items = flat(menuTemplate({ mac, name: 'Albumen', developer: false }, { command, addFolder }));
    for (const { click } of items) (click as (() => void) | undefined)?.();
    expect(command.mock.calls.flat().sort()).toEqual(
      ['find', 'jobs', 'library', 'models', 'people', 'redo', 'settings', 'undo'].sort(),
    );
    expect(addFolder).toHaveBeenCalledOnce();
    const keys = items.flatMap(({ accelerator }) => (accelerator === undefined ? [] : [accelerator]));
    expect(new Set(keys).size).toBe(keys.length);
    expect(items.filter(({ role }) => role === 'quit')).toHaveLength(1);
    expect(items.filter(({ role }) => role === 'about')).toHaveLength(1);
    expect(items.some(({ role }) => role === 'toggleDevTools')).toBe(false);
  });
}

it('has the tools of a developer only where it is not packed', () => {
  const nothing = { command: vi.fn(), addFolder: vi.fn() };
  const items = flat(menuTemplate({ mac: false, name: 'Albumen', developer: true }, nothing));
  expect(items.some(({ role }) => role === 'toggleDevTools')).toBe(true);
});
