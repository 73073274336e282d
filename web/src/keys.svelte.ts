// Which keys do what? Views announce their keys while they are shown; one listener obeys them, one sheet lists them.

import { untrack } from 'svelte';
import { recallJson, remember } from './state/remembered';

/** One key: `keys` are KeyboardEvent.key values, with "Ctrl+" before where it is held; `run` may refuse by returning false. */
export type KeyBinding = { keys: string[]; label: () => string; run: (event: KeyboardEvent) => void | false; /** Names a binding whose keys the reader may change. */ id?: string };
export type KeyGroup = { title: () => string; bindings: KeyBinding[] };

class Groups {
  list = $state.raw<KeyGroup[]>([]);
}

export const keyGroups = new Groups();

type Chosen = Readonly<Record<string, string>>;
const isChosen = (value: unknown): value is Chosen => typeof value === 'object' && value !== null && Object.values(value).every((key) => typeof key === 'string');

/** The keys that the reader chose instead, by the id of a binding. */
class ChosenKeys {
  private all = $state.raw<Chosen>(recallJson('keys', isChosen, {}));

  /** Return the keys of a binding. */
  of({ id, keys }: Pick<KeyBinding, 'id' | 'keys'>): string[] {
    const chosen = id === undefined ? undefined : this.all[id];
    return chosen === undefined ? keys : [chosen];
  }

  isChosen(id: string): boolean {
    return id in this.all;
  }

  /** Choose a key, or with none go back to the usual ones. */
  choose(id: string, key?: string): void {
    const { [id]: _, ...others } = this.all;
    this.all = key === undefined ? others : { ...others, [id]: key };
    remember('keys', this.all);
  }
}

export const chosenKeys = new ChosenKeys();

/** Return the other bindings that a key would have: of several the latest group wins, within a group the first. */
export function conflictsOf(key: string, own: KeyBinding): KeyBinding[] {
  return keyGroups.list.flatMap(({ bindings }) => bindings).filter((one) => one !== own && chosenKeys.of(one).includes(key));
}

/** Name the key of an event; undefined for a modifier alone. */
export function keyOf(event: KeyboardEvent): string | undefined {
  return ['Control', 'Shift', 'Alt', 'Meta', 'AltGraph'].includes(event.key) ? undefined : (event.ctrlKey || event.metaKey ? 'Ctrl+' : '') + event.key;
}

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
  const name = keyOf(event) ?? '';
  for (const group of keyGroups.list.toReversed()) {
    const binding = group.bindings.find((one) => chosenKeys.of(one).includes(name));
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
