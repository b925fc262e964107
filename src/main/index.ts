/**
 * The desktop application: one instance, one window, two utility processes, and what only the main process may do. Its
 * parts are the files beside this one; read broker.ts next.
 */
import { join } from 'node:path';
import process from 'node:process';
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeImage,
  Notification,
  protocol,
  session,
  shell,
  utilityProcess,
} from 'electron';
import { electronPort } from '../contract/transports/port.ts';
import { libraryEnvironment, optionsText } from '../processes/options.ts';
import type { Way } from '../processes/library/recovery.ts';
import { Broker } from './broker.ts';
import { copyToDrag, emptyDragged } from './drag.ts';
import { hostHandlers } from './host.ts';
import { Log } from './log.ts';
import { menuTemplate } from './menu.ts';
import type { Command } from './menu.ts';
import { pathsOf } from './paths.ts';
import { Progress } from './progress.ts';
import { answerApp, answerPhoto, schemes } from './protocol.ts';
import { openedOrAsked } from './recovery.ts';
import type { Message } from './recovery.ts';
import { guardSession, isOurPage } from './security.ts';
import { openWindow } from './windows.ts';

const paths = pathsOf(process.env, import.meta.dirname);
if (paths.userData !== undefined) app.setPath('userData', paths.userData);
const log = new Log(join(paths.data, 'logs', 'main.log'));
process.on('uncaughtException', (error) => log.failed(error));
process.on('unhandledRejection', (error) => log.failed(error));

protocol.registerSchemesAsPrivileged(schemes);
app.enableSandbox();
if (app.requestSingleInstanceLock()) {
  app.on('second-instance', () => show());
  void app.whenReady().then(start).catch(stopped);
} else app.quit();

let window: BrowserWindow | undefined;

function start(): void {
  const dragged = join(app.getPath('temp'), 'albumen-dragged');
  const progress = new Progress();
  void emptyDragged(dragged).catch((error: unknown) => log.failed(error));
  const broker = new Broker({
    fork: (entry, recover) =>
      utilityProcess.fork(
        paths.entry(entry),
        [optionsText({ data: paths.data, resources: paths.resources, engine: 'given', recover })],
        {
          ...{ serviceName: `Albumen ${entry}`, stdio: 'ignore' },
          ...(entry === 'library' && { env: libraryEnvironment() }),
        },
      ),
    log: (what) => log.told(what),
    later: (work, ms) => void setTimeout(work, ms),
    now: () => performance.now(),
    started: () => {
      progress.clear();
      // after the constructor, when there is a broker to ask
      setImmediate(() => void attend(broker, progress));
    },
  });

  guardSession(session.defaultSession);
  protocol.handle('app', ({ url }) => answerApp(url, paths.renderer));
  protocol.handle('photo', ({ url }) => answerPhoto(url, (asked) => broker.client.files.picture(asked)));
  listen(broker, dragged);

  const command = (told: Command): void => {
    show();
    // Typing first; the page takes back what was done to the library where nobody types.
    if (told === 'undo') window?.webContents.undo();
    if (told === 'redo') window?.webContents.redo();
    window?.webContents.send('albumen-command', told);
  };
  const template = menuTemplate(
    { mac: process.platform === 'darwin', name: app.name, developer: !app.isPackaged },
    { command, addFolder: () => void addFolder(broker).catch((error: unknown) => log.failed(error)) },
  );
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  app.on('activate', show);
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('will-quit', () => broker.close());
  show();
}

/** What pages may say to main: two words, and only from our own page. */
function listen(broker: Broker, dragged: string): void {
  const host = hostHandlers(() => broker.client, {
    choose: (what, title) => choose(what, title),
    reveal: (path) => shell.showItemInFolder(path),
  });
  let windows = 0;
  ipcMain.on('albumen-connect', ({ senderFrame, sender }) => {
    if (!isOurPage(senderFrame)) return;
    const { port1, port2 } = new MessageChannelMain();
    sender.postMessage('albumen-port', null, [port2]);
    broker.serveWindow(electronPort(port1), `window-${++windows}`, host);
  });
  ipcMain.on('albumen-drag', ({ senderFrame, sender }, rendition: unknown) => {
    if (!isOurPage(senderFrame)) return;
    void copyToDrag(rendition, broker.client, dragged).then(
      async (file) => {
        if (file === undefined || sender.isDestroyed()) return;
        const icon = await nativeImage
          .createThumbnailFromPath(file, { width: 96, height: 96 })
          .catch(() => nativeImage.createFromDataURL(BLANK));
        sender.startDrag({ file, icon });
      },
      (error: unknown) => log.failed(error),
    );
  });
}

/** A picture that is shown where the system makes no thumbnails (Linux): startDrag wants one. */
const BLANK =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function show(): void {
  if (!window || window.isDestroyed()) {
    window = openWindow({
      preload: paths.preload,
      stateFile: join(app.getPath('userData'), 'window.json'),
      log: (error) => log.failed(error),
    });
  } else {
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }
}

/** Over the window where there is one. */
async function message({ buttons, ...said }: Message): Promise<number> {
  const options = { ...said, buttons: [...buttons], cancelId: buttons.length - 1, noLink: true };
  const shown =
    window && !window.isDestroyed() ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options);
  return (await shown).response;
}

async function choose(what: 'folder' | 'file', title: string): Promise<string | undefined> {
  const options = {
    title,
    properties: [what === 'folder' ? 'openDirectory' : 'openFile'],
  } satisfies Electron.OpenDialogOptions;
  const open =
    window && !window.isDestroyed() ? dialog.showOpenDialog(window, options) : dialog.showOpenDialog(options);
  return (await open).filePaths[0];
}

/** From the menu: the folder is added and read; the window hears of it like of any change. */
async function addFolder(broker: Broker): Promise<void> {
  const path = await choose('folder', 'Add a folder to the library');
  if (path === undefined) return;
  const { id } = await broker.client.libraryHost.addFolder({ path });
  for await (const { read, toRead } of broker.client.library.scan({ folders: [id] }))
    window?.setProgressBar(toRead > 0 ? read / toRead : 2);
  window?.setProgressBar(-1);
}

/** Sees to a library that has just been started: whether it is open, and how far its jobs are. */
async function attend(broker: Broker, progress: Progress): Promise<void> {
  try {
    const desk = { show: message, again: (way: Way) => broker.recover(way), quit: () => app.quit() };
    if (await openedOrAsked(broker.client, desk)) await follow(broker, progress);
  } catch (error) {
    // The library's process is gone; the one after it is attended to anew.
    log.failed(error);
  }
}

/** Shows how far the jobs are; tells the end of long work where no window is open to tell it. */
async function follow(broker: Broker, progress: Progress): Promise<void> {
  for await (const job of broker.client.jobs.watch({})) {
    const ended = progress.put(job);
    const open = BrowserWindow.getAllWindows();
    for (const each of open) each.setProgressBar(progress.value);
    if (!ended || open.length > 0) continue;
    const { notifications } = await broker.client.settings.get({});
    if (notifications) new Notification({ title: app.name, body: job.title }).on('click', show).show();
  }
}

function stopped(error: unknown): void {
  log.failed(error);
  dialog.showErrorBox('Albumen could not start', error instanceof Error ? error.message : String(error));
  app.exit(1);
}
