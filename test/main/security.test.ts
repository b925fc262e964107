/**
 * What pages are refused: permissions, windows, other addresses, speaking for others; src/main/security.ts.
 */
import { describe, expect, it, vi } from 'vitest';
import {
  externalUrl,
  guardContents,
  guardSession,
  isOurPage,
  ORIGIN,
  permitted,
  START,
} from '../../src/main/security.ts';

describe('permissions', () => {
  it('grants two of them, to our own page alone', () => {
    expect(permitted('notifications', START)).toBe(true);
    expect(permitted('clipboard-sanitized-write', `${ORIGIN}/`)).toBe(true);
    for (const permission of [
      'media',
      'geolocation',
      'clipboard-read',
      'openExternal',
      'fileSystem',
      'hid',
      '',
    ])
      expect(permitted(permission, START)).toBe(false);
    for (const url of [
      'https://albumen/',
      'app://albumen.evil/',
      'app://evil/index.html',
      'photo://albumen/x',
      '',
      'x',
    ])
      expect(permitted('notifications', url)).toBe(false);
  });

  it('denies both when they are asked for and when they are looked up', () => {
    const set: { request?: unknown; check?: unknown; device?: unknown } = {};
    guardSession({
      setPermissionRequestHandler: (handler) => (set.request = handler),
      setPermissionCheckHandler: (handler) => (set.check = handler),
      setDevicePermissionHandler: (handler) => (set.device = handler),
    });
    const handlers = set as {
      request: (contents: object, permission: string, answer: (granted: boolean) => void) => void;
      check: (contents: null, permission: string, origin: string) => boolean;
      device: (details: object) => boolean;
    };
    const answer = vi.fn();
    handlers.request({ getURL: () => START }, 'media', answer);
    handlers.request({ getURL: () => START }, 'notifications', answer);
    expect(answer.mock.calls).toEqual([[false], [true]]);
    expect(handlers.check(null, 'media', ORIGIN)).toBe(false);
    expect(handlers.check(null, 'notifications', `${ORIGIN}/`)).toBe(true);
    expect(handlers.device({})).toBe(false);
  });
});

describe('addresses elsewhere', () => {
  it('opens known sites by https alone', () => {
    expect(externalUrl('https://github.com/a/b')).toBe('https://github.com/a/b');
    for (const url of [
      'http://github.com/',
      'https://github.com:8443/',
      'https://user@github.com/',
      'https://github.com.evil.org/',
      'https://evilgithub.com/',
      'https://raw.github.com/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'ms-settings:',
      'github.com',
      `https://github.com/${'x'.repeat(3000)}`,
      '',
    ])
      expect(externalUrl(url), url).toBeUndefined();
  });

  it('lets a page neither open windows nor go away', () => {
    const listeners = new Map<string, (event: { preventDefault: () => void }) => void>();
    const setWindowOpenHandler = vi.fn();
    const on = vi.fn((name: string, listener: (event: { preventDefault: () => void }) => void) =>
      listeners.set(name, listener),
    );
    const open = vi.fn();
    guardContents({ setWindowOpenHandler, on: on as never }, open);
    const ask = setWindowOpenHandler.mock.calls[0]?.[0] as (asked: { url: string }) => unknown;
    expect(ask({ url: 'https://evil.org/' })).toEqual({ action: 'deny' });
    expect(open).not.toHaveBeenCalled();
    expect(ask({ url: 'https://huggingface.co/google' })).toEqual({ action: 'deny' });
    expect(open).toHaveBeenCalledExactlyOnceWith('https://huggingface.co/google');
    for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview']) {
      const preventDefault = vi.fn();
      listeners.get(name)?.({ preventDefault });
      expect(preventDefault, name).toHaveBeenCalledOnce();
    }
  });
});

it('hears only the main frame of our own page', () => {
  expect(isOurPage({ url: `${START}#/people`, parent: null })).toBe(true);
  expect(isOurPage({ url: START, parent: {} as never })).toBe(false);
  expect(isOurPage({ url: 'https://evil.org/', parent: null })).toBe(false);
  expect(isOurPage({ url: 'app://other/index.html', parent: null })).toBe(false);
  expect(isOurPage(null)).toBe(false);
});
