/**
 * Undo and redo from the keyboard, wherever the focus is, except in a field that has an undo of its own.
 * What was undone is said in a toast.
 */
import { t } from '../strings/index.ts';
import type { Studio } from './studio.svelte.ts';
import { toasts } from './toasts.svelte.ts';

/** Undoes the last change to the library and says which it was. */
export async function undo(studio: Studio): Promise<void> {
  try {
    const { undone } = await studio.client.history.undo({});
    if (undone !== null) toasts.done(t('common.undone', { what: undone }));
  } catch (error) {
    toasts.failed(error);
  }
}

export async function redo(studio: Studio): Promise<void> {
  try {
    const { undone } = await studio.client.history.redo({});
    if (undone !== null) toasts.done(t('common.redone', { what: undone }));
  } catch (error) {
    toasts.failed(error);
  }
}

/** Ctrl+Z, Ctrl+Shift+Z and Ctrl+Y (Cmd on a Mac); returns the way out. */
export function onUndoKeys(studio: Studio): () => void {
  const listener = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const { target } = event;
    if (target instanceof HTMLElement && target.matches('input, textarea, [contenteditable]')) return;
    const key = event.key.toLowerCase();
    if (key !== 'z' && key !== 'y') return;
    event.preventDefault();
    void (key === 'y' || event.shiftKey ? redo(studio) : undo(studio));
  };
  addEventListener('keydown', listener);
  return () => removeEventListener('keydown', listener);
}
