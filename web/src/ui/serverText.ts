// What does the server say, in the language that is chosen? Its own sentences are English; in Chinese none of them stays so.
import { spoken } from '../i18n/language.svelte';
import { SENTENCES } from '../i18n/sentences';
import { t } from '../i18n/shell';

const SPECIAL = /[.*+?^${}()|[\]\\]/g;
let known: [RegExp, string][] | undefined;

/** Write a sentence of the server; one that is not known becomes one that names its kind. */
export function serverText(sentence: string, kind = ''): string {
  return translated(sentence) ?? (kind ? t('serverSaidKind', { kind }) : t('serverSaid'));
}

/** Write the title of something that has a name of ours as well: one that is not known is left out. */
export function titleText(title: string): string {
  return translated(title) ?? '';
}

function translated(sentence: string): string | undefined {
  if (spoken.language === 'en' || !sentence) return sentence;
  known ??= SENTENCES.map(([english, chinese]) => [new RegExp(`^${english.split('{}').map((part) => part.replace(SPECIAL, '\\$&')).join('(.*)')}$`, 's'), chinese]);
  for (const [pattern, chinese] of known) {
    const found = pattern.exec(sentence);
    if (found) return chinese.replace(/\{(\d)\}/g, (_whole, n: string) => found[Number(n) + 1] ?? '');
  }
  return undefined;
}
