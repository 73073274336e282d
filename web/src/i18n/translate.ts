// How does a key become words? `t('key', { name })`, in the language that is chosen now; reactive.
import { spoken, type Language } from './language.svelte';
import { written, type Params, type Words } from './words';

/** Make the `t` of one area from its dictionaries; both languages must have the same keys. */
export function translator<K extends string>(dictionaries: Record<Language, Record<K, Words>>): (key: K, params?: Params) => string {
  return (key, params = {}) => written(dictionaries[spoken.language][key], params, spoken.locale);
}
