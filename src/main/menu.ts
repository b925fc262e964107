/**
 * The main menu: what the system expects where it expects it, by roles, and commands that the window carries out.
 * src/renderer/app/commands.ts hears them; index.ts makes the menu.
 */
import type { MenuItemConstructorOptions } from 'electron';

/** What the window is told. */
export type Command = 'library' | 'people' | 'models' | 'settings' | 'jobs' | 'find' | 'undo' | 'redo';

export interface MenuActions {
  readonly command: (command: Command) => void;
  readonly addFolder: () => void;
}

/** `mac`: with the application's own menu, and without the items that are in it. */
export function menuTemplate(
  { mac, name, developer }: { mac: boolean; name: string; developer: boolean },
  { command, addFolder }: MenuActions,
): MenuItemConstructorOptions[] {
  const item = (label: string, told: Command, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    click: () => command(told),
    ...(accelerator !== undefined && { accelerator }),
  });
  const line: MenuItemConstructorOptions = { type: 'separator' };
  const settings = item('Settings…', 'settings', 'CmdOrCtrl+,');
  const own: MenuItemConstructorOptions = {
    label: name,
    submenu: [
      { role: 'about' },
      line,
      settings,
      line,
      { role: 'services' },
      line,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      line,
      { role: 'quit' },
    ],
  };
  const file: MenuItemConstructorOptions = {
    role: 'fileMenu',
    submenu: [
      { label: 'Add Folder…', accelerator: 'CmdOrCtrl+O', click: addFolder },
      line,
      ...(mac ? [{ role: 'close' } as const] : [settings, line, { role: 'quit' } as const]),
    ],
  };
  const edit: MenuItemConstructorOptions = {
    role: 'editMenu',
    submenu: [
      // Not the roles: they undo typing only. The window's own keys come first; it prevents their default.
      item('Undo', 'undo', 'CmdOrCtrl+Z'),
      item('Redo', 'redo', mac ? 'Cmd+Shift+Z' : 'Ctrl+Y'),
      line,
      { role: 'cut' },
      { role: 'copy' },
      { role: 'paste' },
      { role: 'selectAll' },
      line,
      item('Find', 'find', 'CmdOrCtrl+F'),
    ],
  };
  const view: MenuItemConstructorOptions = {
    role: 'viewMenu',
    submenu: [
      item('Library', 'library', 'CmdOrCtrl+1'),
      item('People', 'people', 'CmdOrCtrl+2'),
      item('Models', 'models', 'CmdOrCtrl+3'),
      item('Jobs', 'jobs', 'CmdOrCtrl+J'),
      line,
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      line,
      { role: 'togglefullscreen' },
      ...(developer ? [line, { role: 'reload' } as const, { role: 'toggleDevTools' } as const] : []),
    ],
  };
  const help: MenuItemConstructorOptions = { role: 'help', submenu: [{ role: 'about' }] };
  return [...(mac ? [own] : []), file, edit, view, { role: 'windowMenu' }, ...(mac ? [] : [help])];
}
