/**
 * All that the window's page can reach of Electron: a port to the library, the main menu's commands, and dragging a
 * version out. src/renderer/app/host.ts and commands.ts are the other side; src/main/windows.ts says where this is loaded.
 */
import { contextBridge, ipcRenderer } from 'electron';

// The port that main made for this page goes on to the page as it is; nothing of it is seen here.
ipcRenderer.on('albumen-port', ({ ports }) => {
  const [port] = ports;
  if (port) window.postMessage('albumen-port', '*', [port]);
});

contextBridge.exposeInMainWorld('albumen', {
  connect: (): void => ipcRenderer.send('albumen-connect'),
  /** Takes a version out of the window, during a dragstart whose default was prevented. */
  drag: (rendition: string): void => ipcRenderer.send('albumen-drag', rendition),
  /** `heard` is told what was chosen in the main menu. */
  onCommand: (heard: (command: string) => void): void => {
    ipcRenderer.on('albumen-command', (_, command: unknown) => {
      if (typeof command === 'string') heard(command);
    });
  },
});
