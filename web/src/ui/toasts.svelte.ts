// What does the page tell in passing? Short notices that leave by themselves; one with an action stays longer.
export type Tone = 'info' | 'ok' | 'danger';
export type Toast = { id: number; text: string; tone: Tone; action?: { label: string; run: () => void } };

class Shown {
  list = $state.raw<Toast[]>([]);
}

export const toasts = new Shown();
let lastId = 0;

/** Show a notice; failures and offers to undo stay longer. */
export function toast(text: string, { tone = 'info', action }: { tone?: Tone; action?: Toast['action'] } = {}): void {
  if (!text) return;
  const id = ++lastId;
  toasts.list = [...toasts.list.slice(-3), { id, text, tone, ...(action ? { action } : {}) }];
  setTimeout(() => dismiss(id), action || tone === 'danger' ? 12_000 : 5_000);
}

/** Take a notice away. */
export function dismiss(id: number): void {
  toasts.list = toasts.list.filter((one) => one.id !== id);
}
