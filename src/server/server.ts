/**
 * The HTTP server of the browser host: the built window, pictures by id, and a WebSocket for the contract, for whoever
 * has the token. admission.ts says who that is; what it serves comes from the caller (commands/serve.ts of the cli).
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { UserError } from '../domain/errors.ts';
import type { Transport } from '../contract/transports/transport.ts';
import {
  admission,
  cookieHeader,
  hasSession,
  newToken,
  refuseForm,
  refuseStranger,
  same,
} from './admission.ts';
import type { Admission } from './admission.ts';
import { Crowd } from './crowd.ts';
import { readPicturePath, sendFile, sendPicture } from './files.ts';
import type { Pictures } from './files.ts';
import { refuseUpgrade, say, setHeaders, welcome } from './replies.ts';
import { Sockets } from './sockets.ts';
import type { SocketOptions } from './sockets.ts';

export interface ServerLimits extends SocketOptions {
  /** Connections of one address, windows included. */
  readonly perAddress: number;
  /** Milliseconds until a request's headers must be there. */
  readonly headersTimeout: number;
  /** Milliseconds until a request must be there, whole. */
  readonly requestTimeout: number;
  /** Milliseconds an idle connection is kept for the next request. */
  readonly keepAliveTimeout: number;
  /** Milliseconds without a byte either way until a connection is ended (not of windows: they are pinged). */
  readonly idleTimeout: number;
  /** Milliseconds between looks at the timeouts. */
  readonly checkEvery: number;
  /** Bytes of a request's line and headers. */
  readonly headerBytes: number;
}

export const serverLimits: ServerLimits = {
  most: 32,
  maxMessage: 32 << 20,
  maxBuffered: 64 << 20,
  pingEvery: 30_000,
  perAddress: 128,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 10_000,
  idleTimeout: 60_000,
  checkEvery: 2000,
  headerBytes: 16 << 10,
};

export interface ServerOptions {
  /** 0 (the default): any that is free. */
  readonly port?: number;
  /** The address to listen on; anything but loopback lets other machines in that know the token. */
  readonly host?: string;
  /** More names it may be called by (`photos.local`), where `host` is not loopback. */
  readonly names?: readonly string[];
  /** By default a new one. */
  readonly token?: string;
  /** The built window: index.html and assets/. */
  readonly clientFolder: string;
  readonly pictures: Pictures;
  /** Given the transport of every window, and a name for the log. */
  readonly connect: (transport: Transport, client: string) => void;
  /** Failures of our own while answering a request. */
  readonly log: (error: unknown) => void;
  readonly limits?: Partial<ServerLimits>;
}

export interface RunningServer {
  /** What a person opens: it has the token in it. */
  readonly url: string;
  /** Without the token. */
  readonly origin: string;
  readonly port: number;
  /** How many connections there are, and how many of them are windows. */
  readonly connections: () => { readonly all: number; readonly windows: number };
  /** Takes no more, lets running responses end for `wait` milliseconds (5,000), then ends them. */
  readonly close: (wait?: number) => Promise<void>;
}

const askForToken = 'Open Albumen with the address it printed when it was started: it has a token in it.';

/** Answers requests and upgrades of whoever `admit` lets in. */
function answers(
  admit: Admission,
  crowd: Crowd,
  sockets: Sockets,
  { clientFolder, pictures, log }: ServerOptions,
) {
  function answer(request: IncomingMessage, response: ServerResponse): void {
    setHeaders(response);
    const refused = refuseStranger(request, admit) ?? refuseForm(request);
    if (refused) return say(response, refused.status, refused.text, true);
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const given = path === '/' ? new URLSearchParams(query).get('token') : null;
    if (given !== null && same(given, admit.token)) {
      response.setHeader('Set-Cookie', cookieHeader(admit));
      return welcome(request, response);
    }
    if (!hasSession(request, admit)) return say(response, 401, askForToken);
    crowd.know(request.socket);
    const asked = readPicturePath(path);
    if (!asked) return sendFile(request, response, clientFolder, path);
    const abort = new AbortController();
    response.once('close', () => abort.abort());
    pictures({ ...asked, signal: abort.signal }).then(
      (picture) => {
        if (!abort.signal.aborted) sendPicture(request, response, picture);
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        if (!(error instanceof UserError)) log(error);
        say(response, error instanceof UserError ? 404 : 500, 'This picture cannot be shown.');
      },
    );
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Node has taken its own listener off; a reset without one would end the process.
    socket.on('error', () => socket.destroy());
    const foreign = { status: 403, text: 'Only pages of Albumen may ask this.' } as const;
    const refused =
      request.headers.origin === undefined
        ? foreign
        : (refuseStranger(request, admit) ?? refuseForm(request));
    if (refused) return refuseUpgrade(socket, refused.status, refused.text);
    if (!hasSession(request, admit)) return refuseUpgrade(socket, 401, askForToken);
    if (request.url !== '/socket') return refuseUpgrade(socket, 404, 'There is nothing here.');
    crowd.know(request.socket);
    sockets.accept(request, socket, head);
  }

  return {
    upgrade,
    answer: (request: IncomingMessage, response: ServerResponse): void => {
      try {
        answer(request, response);
      } catch (error) {
        log(error);
        say(response, 500, 'Something went wrong inside Albumen.', true);
      }
    },
  };
}

/** Listens, and resolves when it does. Throws UserError `usage` where the port is taken or the address is not ours. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 0, token = newToken() } = options;
  const limits = { ...serverLimits, ...options.limits };
  const crowd = new Crowd(limits.perAddress);
  const server = createServer({
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionsCheckingInterval: limits.checkEvery,
    maxHeaderSize: limits.headerBytes,
  });
  server.timeout = limits.idleTimeout;
  server.on('connection', (socket) => crowd.enter(socket));
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'another program uses it' : `the system says ${code}`;
    const sentence = `Albumen cannot listen on ${host}, port ${port}: ${why}.`;
    throw new UserError('usage', sentence, 'Choose another port.', { cause: error });
  }
  const { port: bound } = server.address() as AddressInfo;
  const sockets = new Sockets(limits, options.connect);
  const { answer, upgrade } = answers(admission(host, bound, token, options.names), crowd, sockets, options);
  server.on('request', answer);
  // Whoever asks first whether it may send a body is refused like the body.
  server.on('checkContinue', answer);
  server.on('upgrade', upgrade);
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;

  return {
    url: `${origin}/?token=${encodeURIComponent(token)}`,
    origin,
    port: bound,
    connections: () => ({ all: crowd.size, windows: sockets.size }),
    close: async (wait = 5000) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      sockets.close();
      server.closeIdleConnections();
      const late = setTimeout(() => {
        sockets.terminate();
        server.closeAllConnections();
      }, wait);
      await closed;
      clearTimeout(late);
    },
  };
}
