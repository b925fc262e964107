/**
 * Short messages at the edge of the window: what was done (with a way back), what went wrong (with what to try).
 * Toasts.svelte shows them; a failed call is told with `toasts.failed(error)`.
 */
import { UserError } from '../../domain/errors.ts';

export interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'problem';
  readonly text: string;
  readonly advice?: string | undefined;
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
}

const SHOWN_MS = 6000;

class Toasts {
  list = $state<Toast[]>([]);
  #last = 0;

  /** Says what was done; goes away by itself. */
  done(text: string, action?: Toast['action']): void {
    const { id } = this.#add({ kind: 'done', text, action });
    setTimeout(() => this.dismiss(id), SHOWN_MS);
  }

  /** Says what went wrong; stays until it is dismissed. Something cancelled is no problem. */
  readonly failed = (error: unknown): void => {
    if (error instanceof UserError && error.code === 'cancelled') return;
    const text = error instanceof Error ? error.message : String(error);
    const advice = error instanceof UserError ? error.advice : undefined;
    if (this.list.some((toast) => toast.text === text)) return;
    this.#add({ kind: 'problem', text, advice });
  };

  /** Does what nobody waits for: tells what went wrong, unless `left` says that nobody looks any longer. */
  async watching(work: () => Promise<unknown>, left: AbortSignal): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!left.aborted) this.failed(error);
    }
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #add(toast: Omit<Toast, 'id'>): Toast {
    const whole = { ...toast, id: ++this.#last };
    this.list = [...this.list, whole].slice(-4);
    return whole;
  }
}

export const toasts = new Toasts();
