/**
 * The main process put together, with Electron as a set of fakes: what it registers, whom it hears, and what a page that
 * connects is served; src/main/index.ts. The real Electron is only met by test/electron/smoke.ts.
 */
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connect } from '../../src/contract/client.ts';
import { studio } from '../../src/contract/studio.ts';
import { nodePort } from '../../src/contract/transports/port.ts';
import type { NodePort } from '../../src/contract/transports/port.ts';
import { fakeLibrary, FakeUtility } from './fakes.ts';
import type { FakeLibrary } from './fakes.ts';

const home = mkdtempSync(join(tmpdir(), 'albumen-main-'));
const picture = join(home, 'one.png');
const libraries: FakeLibrary[] = [];
const forked: {
  readonly entry: string;
  readonly options: Record<string, unknown>;
  readonly env: NodeJS.ProcessEnv | undefined;
}[] = [];

const electron = {
  windows: [] as FakeWindow[],
  protocols: new Map<string, (request: { url: string }) => Promise<Response>>(),
  called: [] as string[],
  menu: [] as { label?: string; submenu?: { label?: string; click?: () => void }[] }[],
};

interface FakeWindow {
  readonly options: { webPreferences: Record<string, unknown> };
  readonly sent: unknown[][];
  readonly loaded: string[];
}

/** As much of Electron as the main process uses. */
function fakeElectron() {
  class Contents extends EventEmitter {
    readonly window: BrowserWindow;
    constructor(window: BrowserWindow) {
      super();
      this.window = window;
    }
    setWindowOpenHandler = vi.fn();
    send = (...said: unknown[]): void => void this.window.sent.push(said);
    undo = vi.fn();
    redo = vi.fn();
    isDestroyed = () => false;
    startDrag = vi.fn();
  }
  class BrowserWindow extends EventEmitter {
    static getAllWindows = () => [];
    readonly options: FakeWindow['options'];
    readonly sent: unknown[][] = [];
    readonly loaded: string[] = [];
    readonly webContents = new Contents(this);
    constructor(options: FakeWindow['options']) {
      super();
      this.options = options;
      electron.windows.push(this);
    }
    loadURL = async (url: string) => void this.loaded.push(url);
    isDestroyed = () => false;
    isMinimized = () => false;
    show = vi.fn();
    focus = vi.fn();
    setProgressBar = vi.fn();
  }
  const app = Object.assign(new EventEmitter(), {
    name: 'Albumen',
    isPackaged: true,
    setPath: (name: string, path: string) => void electron.called.push(`${name} ${path}`),
    getPath: (name: string) => join(home, name),
    enableSandbox: () => void electron.called.push('sandbox'),
    requestSingleInstanceLock: () => true,
    whenReady: async () => void electron.called.push('ready'),
    quit: vi.fn(),
    exit: vi.fn(),
  });
  /** As Electron's: messages come as events, and only after start. */
  const mainPort = (port: NodePort) => ({
    on: (name: 'message' | 'close', listener: (event: { data: unknown }) => void) =>
      name === 'message'
        ? port.on('message', (data) => listener({ data }))
        : port.on('close', () => listener({ data: null })),
    postMessage: (message: unknown) => port.postMessage(message),
    start: () => undefined,
    close: () => port.close(),
  });
  function MessageChannelMain() {
    const { port1, port2 } = new MessageChannel();
    return { port1: mainPort(port1), port2 };
  }
  return {
    app,
    BrowserWindow,
    dialog: {
      showErrorBox: vi.fn(),
      showMessageBox: async () => ({ response: 0 }),
      showOpenDialog: async () => ({ filePaths: [] }),
    },
    ipcMain: new EventEmitter(),
    Menu: {
      buildFromTemplate: (template: typeof electron.menu) => (electron.menu = template),
      setApplicationMenu: vi.fn(),
    },
    MessageChannelMain,
    nativeImage: {},
    nativeTheme: { shouldUseDarkColors: false },
    Notification: EventEmitter,
    protocol: {
      registerSchemesAsPrivileged: () => void electron.called.push('schemes'),
      handle: (scheme: string, answer: (request: { url: string }) => Promise<Response>) =>
        electron.protocols.set(scheme, answer),
    },
    screen: {
      getPrimaryDisplay: () => ({ id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1080 } }),
      getAllDisplays: () => [],
    },
    session: {
      defaultSession: {
        setPermissionRequestHandler: () => void electron.called.push('requests'),
        setPermissionCheckHandler: () => void electron.called.push('checks'),
        setDevicePermissionHandler: vi.fn(),
      },
    },
    shell: {},
    utilityProcess: {
      fork: (file: string, [text]: [string], { env }: { env?: NodeJS.ProcessEnv }) => {
        forked.push({
          entry: file.replace(/.*[\\/]/, ''),
          options: JSON.parse(text) as Record<string, unknown>,
          env,
        });
        if (file.endsWith('engine.js')) return new FakeUtility();
        const library = fakeLibrary(picture);
        libraries.push(library);
        return library.utility;
      },
    },
  };
}
const fake = fakeElectron();

beforeAll(async () => {
  writeFileSync(picture, 'pixels');
  vi.stubEnv('ALBUMEN_HOME', home);
  vi.doMock('electron', () => fake);
  await import('../../src/main/index.ts');
  await vi.waitFor(() => expect(electron.windows).toHaveLength(1));
});
afterAll(() => rmSync(home, { recursive: true }));

it('sets up what must come before the application is ready', () => {
  expect(electron.called.slice(0, 4)).toEqual([
    `userData ${join(home, 'desktop')}`,
    'schemes',
    'sandbox',
    'ready',
  ]);
  expect(electron.called).toContain('requests');
  expect(electron.called).toContain('checks');
});

it('opens one sandboxed window on its own page', () => {
  const [window] = electron.windows;
  expect(window?.loaded).toEqual(['app://albumen/index.html']);
  expect(window?.options.webPreferences).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
  });
  expect(window?.options.webPreferences).not.toHaveProperty('webSecurity');
});

it('starts a library that is given its engine, on the data folder of the person', () => {
  expect(forked.map(({ entry }) => entry)).toEqual(['library.js', 'engine.js']);
  expect(forked[0]?.options).toMatchObject({ data: home, engine: 'given', recover: null });
  expect(Number(forked[0]?.env?.['UV_THREADPOOL_SIZE'])).toBe(Math.max(4, availableParallelism() + 2));
  // Electron's own default
  expect(forked[1]?.env).toBeUndefined();
});

describe('a page', () => {
  const ours = { url: 'app://albumen/index.html#/people', parent: null };

  it('of our own gets a port and the studio behind it', async () => {
    const ports: NodePort[] = [];
    const postMessage = (channel: string, _: unknown, [port]: NodePort[]): void => {
      expect(channel).toBe('albumen-port');
      if (port) ports.push(port);
    };
    fake.ipcMain.emit('albumen-connect', { senderFrame: ours, sender: { postMessage } });
    const [port] = ports;
    if (!port) throw new Error('no port came');
    const { client, close } = connect(studio, nodePort(port));
    expect((await client.host.about({})).kind).toBe('electron');
    expect((await client.photos.page({ offset: 0, limit: 3 })).photos).toHaveLength(3);
    close();
  });

  it('of anybody else, or in a frame, gets nothing', async () => {
    const postMessage = vi.fn();
    for (const senderFrame of [{ url: 'https://evil.org/', parent: null }, { ...ours, parent: {} }, null])
      fake.ipcMain.emit('albumen-connect', { senderFrame, sender: { postMessage } });
    expect(postMessage).not.toHaveBeenCalled();
    expect(libraries[0]?.channels.filter((name) => name.startsWith('window-'))).toHaveLength(1);
  });
});

it('answers pictures by id, through the library', async () => {
  const answer = await electron.protocols.get('photo')?.({ url: 'photo://thumb/photo-1/256' });
  expect(await answer?.text()).toBe('pixels');
  expect((await electron.protocols.get('photo')?.({ url: 'photo://thumb/none/256' }))?.status).toBe(404);
});

it('tells the window what was chosen in the menu', () => {
  const items = electron.menu.flatMap(({ submenu }) => submenu ?? []);
  items.find(({ label }) => label === 'People')?.click?.();
  expect(electron.windows[0]?.sent).toEqual([['albumen-command', 'people']]);
});
