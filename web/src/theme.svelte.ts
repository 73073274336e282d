// Light or dark? As the system says, until the user chooses; the choice stays in this browser.
import { recall, remember } from './state/remembered';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

class Chosen {
  theme = $state<Theme>(recall('theme', THEMES, 'system'));
}

export const appearance = new Chosen();

/** Choose a theme and put it on the document. */
export function chooseTheme(theme: Theme): void {
  appearance.theme = theme;
  remember('theme', theme);
  applyTheme();
}

/** Put the chosen theme on the document. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = appearance.theme;
}
