/**
 * What was chosen in the desktop's main menu, carried out as the page's own keys and links would.
 * src/main/menu.ts has the menu, src/preload hands the words on.
 */
import { jobs } from '../features/jobs/jobs.svelte.ts';
import { go } from './routes.svelte.ts';
import type { Studio } from './studio.svelte.ts';
import { redo, undo } from './undo.ts';

/** Hears commands for as long as the window lives; nothing in a browser. */
export function onCommands(studio: Studio): void {
  window.albumen?.onCommand((command) => {
    if (command === 'library' || command === 'people' || command === 'models' || command === 'settings') {
      go({ page: command });
    } else if (command === 'jobs') jobs.open = !jobs.open;
    else if (command === 'find') dispatchEvent(new KeyboardEvent('keydown', { key: 'f', ctrlKey: true }));
    // In a field, main has taken back what was typed.
    else if (!document.activeElement?.matches('input, textarea, [contenteditable]')) {
      if (command === 'undo') void undo(studio);
      else if (command === 'redo') void redo(studio);
    }
  });
}
