/**
 * One large file over HTTP into a `.part` that survives: broken connections and later runs go on where it ended (Range,
 * If-Range), servers that stall are given up, and no server can write more than was announced. download.ts is the caller.
 */
import { mkdir, open, readFile, rm, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { sizeOf } from '../../domain/catalog.ts';
import type { Download } from '../../domain/catalog.ts';
import { UserError } from '../../domain/errors.ts';
import { request } from './addresses.ts';
import type { Fetch } from './addresses.ts';
import { bytesIn, codeOf, unwritable, writeJson } from './files.ts';

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** What is there, and of how many (an estimate until the server says). */
  readonly onBytes?: (bytes: number, total: number | undefined) => void;
  /** A connection that sends nothing for so long is given up; 30 s. */
  readonly stallMs?: number;
  /** How often in a row an interrupted download goes on by itself without getting further by 1 MB; 5. */
  readonly retries?: number;
  /** Before the first of them, doubled each time; 1 s. */
  readonly pauseMs?: number;
  readonly fetch?: Fetch;
}

/** Of an announced size that is not exact, how much more a file may have. */
const SLACK = 1.25;
/** Where nobody announced a size. */
const MOST = 8 * 2 ** 30;
const GETTING_ON = 1e6;
/** Errors of a first connection that a second one will not mend. */
const HOPELESS = /^(ENOTFOUND|ECONNREFUSED|CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/;

/** What the next attempt must know of the last one; beside the part. */
const State = v.object({
  url: v.string(),
  /** A strong ETag or a date of modification: the rest is only asked of the same file. */
  validator: v.nullable(v.string()),
  total: v.nullable(v.number()),
});
type State = v.InferOutput<typeof State>;

/** Something that trying again may mend. */
class Interrupted extends Error {}

/**
 * Fetches until `part` is whole and returns its size. Throws UserError `download.failed` (not reached, refused, broken off
 * too often), `download.unsound` (another size than announced), `output.unwritable`, `cancelled`; what has come stays in
 * `part` wherever it can be gone on from.
 */
export async function fetchFile(source: Download, part: string, options: FetchOptions): Promise<number> {
  const { retries = 5, pauseMs = 1000, signal } = options;
  let furthest = await bytesIn(part);
  let failures = 0;
  const connection = { made: false };
  for (;;) {
    try {
      return await attempt(source, part, options, connection);
    } catch (error) {
      if (signal.aborted) throw stopped(error);
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      const bytes = await bytesIn(part);
      if (bytes >= furthest + GETTING_ON) [furthest, failures] = [bytes, 0];
      failures++;
      if (failures > retries || (!connection.made && HOPELESS.test(reason.code)))
        throw failed(source, reason.text, error);
    }
    try {
      await pause(pauseMs * 2 ** (failures - 1), undefined, { signal });
    } catch (error) {
      throw stopped(error);
    }
  }
}

/** The part and what belongs to it. */
export async function discardPart(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(stateFile(part), { force: true });
}

async function attempt(
  source: Download,
  part: string,
  { signal, onBytes, stallMs = 30_000, fetch = globalThis.fetch }: FetchOptions,
  connection: { made: boolean },
): Promise<number> {
  const known = sizeOf(source);
  const state = await readState(part, source.url);
  let have = state ? await bytesIn(part) : 0;
  if (have > 0 && have === (known?.exact ? known.bytes : state?.total)) return have;

  using stall = watch(stallMs);
  const validator = state?.validator ?? null;
  const resuming = have > 0 && validator !== null;
  const response = await request(
    source.url,
    {
      // a compressed answer could not be resumed, and its length says nothing
      'accept-encoding': 'identity',
      'user-agent': 'albumen',
      ...(resuming && { range: `bytes=${have}-`, 'if-range': validator }),
    },
    { fetch, signal: AbortSignal.any([signal, stall.signal]) },
  );
  connection.made = true;
  const { status, headers, body } = response;
  if (status === 416) await discardPart(part);
  if (status === 408 || status === 416 || status === 425 || status === 429 || status >= 500)
    throw await interrupted(response, `the server answers ${status}`);
  if ((status !== 200 && status !== 206) || !body) throw failed(source, `the server answers ${status}`);
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') throw failed(source, `the server sends it compressed (${encoding})`);

  const length = numberIn(headers.get('content-length'));
  let total = length;
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '');
    if (!resuming || Number(range?.[1]) !== have) {
      await discardPart(part);
      throw await interrupted(response, 'the server sends another part than was asked for');
    }
    total = Number(range?.[2]);
  } else have = 0;
  const most = total ?? (known ? Math.ceil(known.bytes * (known.exact ? 1 : SLACK)) : MOST);
  if (total !== undefined && known && (known.exact ? total !== known.bytes : total > known.bytes * SLACK))
    throw await wrongSize(response, part, `the server announces ${total} bytes, not ${about(known)}`);
  await checkRoom(part, (total ?? known?.bytes ?? 0) - have);

  await writeJson(stateFile(part), {
    url: source.url,
    validator: validatorOf(headers),
    total: total ?? null,
  });
  const shown = total ?? known?.bytes;
  await using file = await openPart(part, have);
  onBytes?.(have, shown);
  const chunks: AsyncIterable<Uint8Array> = body;
  for await (const chunk of chunks) {
    stall.seen();
    if (have + chunk.length > most)
      throw await wrongSize(response, part, `the server sends more than ${most} bytes`);
    await write(file, chunk, have, part);
    have += chunk.length;
    onBytes?.(have, shown);
  }
  await file.sync();
  const least = total ?? (known?.exact ? known.bytes : 1);
  if (have < least) throw new Interrupted(`the connection ended after ${have} of ${least} bytes`);
  if (total === undefined)
    await writeJson(stateFile(part), { url: source.url, validator: validatorOf(headers), total: have });
  return have;
}

/** Aborts its signal when nothing was seen for so long. */
function watch(ms: number): Disposable & { readonly signal: AbortSignal; seen(): void } {
  const controller = new AbortController();
  const seconds = Math.round(ms / 1000);
  const timer = setTimeout(
    () => controller.abort(new Interrupted(`the server sent nothing for ${seconds} s`)),
    ms,
  );
  return {
    signal: controller.signal,
    seen: () => void timer.refresh(),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

async function openPart(part: string, have: number): Promise<FileHandle> {
  try {
    await mkdir(dirname(part), { recursive: true });
    return await open(part, have === 0 ? 'w' : 'r+');
  } catch (cause) {
    throw unwritable(part, cause);
  }
}

async function write(file: FileHandle, chunk: Uint8Array, position: number, part: string): Promise<void> {
  try {
    for (let done = 0; done < chunk.length;) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done, position + done);
      done += bytesWritten;
    }
  } catch (cause) {
    throw unwritable(part, cause);
  }
}

/** Says so before the first byte rather than at the last. */
async function checkRoom(part: string, wanted: number): Promise<void> {
  try {
    await mkdir(dirname(part), { recursive: true });
  } catch (cause) {
    throw unwritable(part, cause);
  }
  const { bavail, bsize } = await statfs(dirname(part));
  if (bavail * bsize >= wanted) return;
  const [needs, has] = [wanted, bavail * bsize].map(
    (bytes) => `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`,
  );
  throw new UserError(
    'output.unwritable',
    `The disk has no room for the download: it takes ${needs}, and ${has} are free.`,
    'Make room, or name another data folder with ALBUMEN_HOME.',
  );
}

async function readState(part: string, url: string): Promise<State | undefined> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(stateFile(part), 'utf8'));
  } catch (error) {
    // none yet, or half of one: begin again
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const parsed = v.safeParse(State, json);
  return parsed.success && parsed.output.url === url ? parsed.output : undefined;
}

function stateFile(part: string): string {
  return `${part}.json`;
}

/** Weak ETags say "much the same", which is too little to join two halves. */
function validatorOf(headers: Headers): string | null {
  const etag = headers.get('etag');
  if (etag?.startsWith('"')) return etag;
  return headers.get('last-modified');
}

function numberIn(header: string | null): number | undefined {
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** Why trying again may help, or undefined where it cannot. */
function reasonOf(error: unknown): { readonly code: string; readonly text: string } | undefined {
  if (error instanceof Interrupted) return { code: '', text: error.message };
  // what fetch throws for the network's errors, whose own error is the cause
  if (!(error instanceof TypeError)) return undefined;
  const code = codeOf(error.cause) ?? '';
  return { code, text: `the connection failed (${code === '' ? error.message : code})` };
}

async function interrupted(response: Response, why: string): Promise<Interrupted> {
  await response.body?.cancel();
  return new Interrupted(why);
}

async function wrongSize(response: Response, part: string, why: string): Promise<UserError> {
  if (response.body?.locked === false) await response.body.cancel();
  await discardPart(part);
  return new UserError(
    'download.unsound',
    `This is not the file the catalog names: ${why}.`,
    'Nothing was installed. Its publisher may have replaced it; see whether there is a newer Albumen.',
  );
}

function about({ bytes, exact }: { readonly bytes: number; readonly exact: boolean }): string {
  return exact ? String(bytes) : `about ${bytes}`;
}

function failed({ url }: Download, why: string, cause?: unknown): UserError {
  return new UserError(
    'download.failed',
    `The download from ${new URL(url).host} failed: ${why}.`,
    'Check the connection and give the same command again: it goes on where it ended.',
    { cause },
  );
}

function stopped(cause: unknown): UserError {
  return new UserError(
    'cancelled',
    'The download was stopped; what has come is kept.',
    'The same command goes on with it.',
    { cause },
  );
}
