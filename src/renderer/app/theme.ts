/**
 * Light, dark, or as the system is: the choice of the settings, on the document's root.
 * styles/tokens.css has the colours of both.
 */
import type { Settings } from '../../domain/settings.ts';
import type { Studio } from './studio.svelte.ts';

/** Follows the settings and the system from now on; returns the way out. */
export function applyTheme(studio: Studio): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  let theme: Settings['theme'] = 'system';
  const show = (): void => {
    const dark = theme === 'dark' || (theme === 'system' && system.matches);
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  };
  const read = async (): Promise<void> => {
    ({ theme } = await studio.client.settings.get({}));
    show();
  };
  const ask = (): void => void read().catch(show);
  system.addEventListener('change', show);
  const leave = studio.on('settings', ask);
  show();
  ask();
  return () => {
    leave();
    system.removeEventListener('change', show);
  };
}
