/**
 * What a page may not do, whatever it shows: ask for permissions, open windows, go elsewhere, speak for another page.
 * windows.ts guards each page with this, index.ts the session; protocol.ts sets the content security policy.
 */
import type { Event, Session, WebContents, WebFrameMain } from 'electron';

/** Where the window's page lives; index.html is its only page. */
export const ORIGIN = 'app://albumen';
export const START = `${ORIGIN}/index.html`;

/** Notifications of its own work, and copying text that a person asked to copy; nothing is ever read. */
const PERMISSIONS: ReadonlySet<string> = new Set(['notifications', 'clipboard-sanitized-write']);

/** Sites that Albumen's own pages link to: licences and homes of models. */
const SITES: ReadonlySet<string> = new Set([
  'github.com',
  'huggingface.co',
  'creativecommons.org',
  'opensource.org',
]);

/** The origin of an address; undefined of what is none. Written out, since `new URL().origin` of app: is "null". */
function originOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

export function permitted(permission: string, url: string): boolean {
  return PERMISSIONS.has(permission) && originOf(url) === ORIGIN;
}

/** An address that may be opened in the system's browser, as it will be opened; undefined for any other. */
export function externalUrl(url: string): string | undefined {
  if (url.length > 2000 || !URL.canParse(url)) return undefined;
  const { protocol, hostname, port, username, password, href } = new URL(url);
  const plain = protocol === 'https:' && port === '' && username === '' && password === '';
  return plain && SITES.has(hostname) ? href : undefined;
}

/** Whether a message came from our own page, in the main frame of a window. */
export function isOurPage(frame: Pick<WebFrameMain, 'url' | 'parent'> | null): boolean {
  return frame !== null && frame.parent === null && originOf(frame.url) === ORIGIN;
}

/** Denies every permission but two, when it is asked for and when it is looked up. */
export function guardSession(
  session: Pick<
    Session,
    'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
  >,
): void {
  session.setPermissionRequestHandler((contents, permission, answer) =>
    answer(permitted(permission, contents.getURL())),
  );
  session.setPermissionCheckHandler((_, permission, origin) => permitted(permission, origin));
  session.setDevicePermissionHandler(() => false);
}

/** Keeps a page where it is: no windows, no other address, no webviews; known sites open in the system's browser. */
export function guardContents(
  contents: Pick<WebContents, 'setWindowOpenHandler' | 'on'>,
  openExternal: (url: string) => void,
): void {
  contents.setWindowOpenHandler(({ url }) => {
    const known = externalUrl(url);
    if (known !== undefined) openExternal(known);
    return { action: 'deny' };
  });
  const stay = (event: Event): void => event.preventDefault();
  contents.on('will-navigate', stay);
  contents.on('will-frame-navigate', stay);
  contents.on('will-redirect', stay);
  contents.on('will-attach-webview', stay);
}
