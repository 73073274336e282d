// Which language does the page speak? The browser's, until the user chooses; figures and dates follow it (BCP 47).
import { recall, remember } from '../state/remembered';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];
const LOCALES: Record<Language, string> = { en: 'en', zh: 'zh-CN' };

class Spoken {
  language = $state<Language>(recall('language', LANGUAGES, navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'));
  readonly locale = $derived(LOCALES[this.language]);
}

export const spoken = new Spoken();

/** Choose a language. */
export function chooseLanguage(language: Language): void {
  spoken.language = language;
  remember('language', language);
  applyLanguage();
}

/** Tell the document which language it is in: fonts, hyphenation and screen readers follow. */
export function applyLanguage(): void {
  document.documentElement.lang = spoken.locale;
}
