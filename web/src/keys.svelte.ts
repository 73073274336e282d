// Which keys do what? Views announce their keys while they are shown; one listener obeys them, one sheet lists them.

import { untrack } from 'svelte';

/** One key: `keys` are KeyboardEvent.key values, with "Ctrl+" before where it is held; `run` may refuse by returning false. */
export type KeyBinding = { keys: string[]; label: () => string; run: (event: KeyboardEvent) => void | false };
export type KeyGroup = { title: () => string; bindings: KeyBinding[] };

class Groups {
  list = $state.raw<KeyGroup[]>([]);
}

export const keyGroups = new Groups();

/** Announce keys; returns how to take them back, as `$effect` expects. The latest announced goes first. */
export function announceKeys(group: KeyGroup): () => void {
  untrack(() => { keyGroups.list = [...keyGroups.list, group]; });
  return () => {
    keyGroups.list = keyGroups.list.filter((other) => other !== group);
  };
}

/** Obey a key press unless somebody types, a dialog is open, or the key is taken already. */
export function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey || isTyping(event.target)) return;
  if (document.querySelector('dialog[open]')) return;
  const name = (event.ctrlKey || event.metaKey ? 'Ctrl+' : '') + event.key;
  for (const group of keyGroups.list.toReversed()) {
    const binding = group.bindings.find((one) => one.keys.includes(name));
    if (!binding) continue;
    if (binding.run(event) !== false) event.preventDefault();
    return;
  }
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('textarea, select, input:not([type="checkbox"], [type="radio"], [type="button"], [type="range"])');
}

const NAMES: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', ' ': 'Space', Escape: 'Esc', Delete: 'Del' };

/** Write a key as it stands on the keyboard. */
export function keyName(key: string): string {
  return key
    .split(/(?<=Ctrl)\+/)
    .map((part) => NAMES[part] ?? (part.length > 1 ? part : part === part.toLowerCase() ? part.toUpperCase() : `Shift ${part}`))
    .join(' ');
}
