/**
 * Which host the window is in: Electron hands a MessagePort through its preload script, a browser opens a WebSocket to
 * where the page came from. studio.svelte.ts asks again whenever the connection is lost.
 */
import { domPort } from '../../contract/transports/port.ts';
import type { Transport } from '../../contract/transports/transport.ts';
import { websocketTransport } from '../../contract/transports/websocket.ts';

/** What Electron's preload script puts there. */
interface Bridge {
  connect(): void;
  /** Takes a version of a photo out of the window, to where the pointer lets go. */
  drag(rendition: string): void;
  /** What the native menu asks for. */
  onCommand(heard: (command: string) => void): void;
}

declare global {
  interface Window {
    readonly albumen?: Bridge;
  }
}

export const inElectron = window.albumen !== undefined;

export async function openTransport(): Promise<Transport> {
  if (window.albumen) return fromElectron(window.albumen);
  const url = new URL('/socket', location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return websocketTransport(new WebSocket(url));
}

/** The port comes as a message to the window; see src/preload. */
function fromElectron(bridge: Bridge): Promise<Transport> {
  return new Promise((resolve) => {
    const listener = (event: MessageEvent): void => {
      const [port] = event.ports;
      if (event.source !== window || event.data !== 'albumen-port' || !port) return;
      removeEventListener('message', listener);
      resolve(domPort(port));
    };
    addEventListener('message', listener);
    bridge.connect();
  });
}
