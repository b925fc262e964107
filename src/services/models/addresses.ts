/**
 * Which addresses a download may go to, and the way through redirects: https only (http on this machine alone, as for a
 * mirror or a test), no credentials, never from outside to this machine. fetch-file.ts uses it.
 */
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';

export type Fetch = typeof globalThis.fetch;

const MAX_REDIRECTS = 5;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Asks for `address` and follows redirects itself. Throws `download.failed` for one that leads where it may not. */
export async function request(
  address: string,
  headers: Readonly<Record<string, string>>,
  { fetch, signal }: { readonly fetch: Fetch; readonly signal: AbortSignal },
): Promise<Response> {
  const first = new URL(address);
  let url = first;
  for (let followed = 0; followed <= MAX_REDIRECTS; followed++) {
    check(url, first);
    const response = await fetch(url.href, { headers, redirect: 'manual', signal });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    if (!URL.canParse(location, url.href)) throw refused(`${url.host} points to an address that is none`);
    url = new URL(location, url);
  }
  throw refused(`${first.host} points from one address to the next without end`);
}

function check(url: URL, first: URL): void {
  if (url.username !== '' || url.password !== '')
    throw refused(`${url.host} wants a name and password in its address`);
  if (url.protocol === 'https:' && (!isHere(url) || isHere(first))) return;
  if (url.protocol === 'http:' && isHere(url) && isHere(first)) return;
  throw refused(
    url === first
      ? `${url.origin} is not an https address`
      : `${first.host} points to ${quoted(url.origin)}, which is not https`,
  );
}

function isHere(url: URL): boolean {
  return LOOPBACK.has(url.hostname);
}

function refused(what: string): UserError {
  return new UserError(
    'download.failed',
    `The download was refused: ${what}.`,
    'Download the file in a browser and add it with: albumen models add FILE',
  );
}
