/**
 * The window: made where it was, sandboxed, shown when its page is there, and remembered when it moves or closes.
 * state.ts has the places, security.ts what its page may not do, index.ts decides when.
 */
import { BrowserWindow, nativeTheme, screen, shell } from 'electron';
import type { Rectangle } from 'electron';
import { guardContents, START } from './security.ts';
import { readState, saneBounds, SMALLEST, writeState } from './state.ts';

export interface WindowOptions {
  /** The built preload script. */
  readonly preload: string;
  /** Where the place of the window is kept. */
  readonly stateFile: string;
  readonly log: (error: unknown) => void;
}

/** As tokens.css has the paper, so that nothing flashes before the page is there. */
const PAPER = { light: '#faf8f5', dark: '#171513' };

export function openWindow({ preload, stateFile, log }: WindowOptions): BrowserWindow {
  const kept = readState(stateFile);
  const window = new BrowserWindow({
    ...saneBounds(kept, workAreas()),
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    show: false,
    title: 'Albumen',
    backgroundColor: nativeTheme.shouldUseDarkColors ? PAPER.dark : PAPER.light,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  guardContents(window.webContents, (url) => void shell.openExternal(url).catch(log));
  window.once('ready-to-show', () => {
    if (kept?.maximized) window.maximize();
    window.show();
  });
  window.on('close', () => {
    try {
      writeState(stateFile, { ...window.getNormalBounds(), maximized: window.isMaximized() });
    } catch (error) {
      log(error);
    }
  });
  // A page that crashed is opened again: all that matters is in the library's process.
  window.webContents.on('render-process-gone', (_, { reason }) => {
    if (reason !== 'clean-exit' && !window.isDestroyed()) window.webContents.reload();
  });
  void window.loadURL(START).catch(log);
  return window;
}

/** The primary screen's first. */
function workAreas(): Rectangle[] {
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
  return [primary, ...others].map(({ workArea }) => workArea);
}
