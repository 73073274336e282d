// Which keys move through the studies?
import { t } from '../../i18n/studies';
import type { KeyGroup } from '../../keys.svelte';

/** What the keys do; `close` says false when there was nothing to close. */
export type StudyActions = {
  search: () => void;
  move: (by: number) => void;
  page: (by: number) => void;
  end: (last: boolean) => void;
  open: () => void;
  preview: () => void;
  select: () => void;
  close: () => void | false;
};

/** Return the keys of the study list. Enter and Space stay with a button or link that has the focus. */
export function studyKeys(actions: StudyActions): KeyGroup {
  const unlessOnControl = (run: () => void) => (event: KeyboardEvent): void | false => ((event.target as Element | null)?.closest('button, a, summary, input') ? false : run());
  return {
    title: () => t('studies'),
    bindings: [
      { keys: ['/', 'Ctrl+f'], label: () => t('keySearch'), run: actions.search },
      { keys: ['j', 'ArrowDown'], label: () => t('keyNext'), run: () => actions.move(1) },
      { keys: ['k', 'ArrowUp'], label: () => t('keyPrevious'), run: () => actions.move(-1) },
      { keys: ['PageDown'], label: () => t('keyPageDown'), run: () => actions.page(1) },
      { keys: ['PageUp'], label: () => t('keyPageUp'), run: () => actions.page(-1) },
      { keys: ['Home'], label: () => t('keyFirst'), run: () => actions.end(false) },
      { keys: ['End'], label: () => t('keyLast'), run: () => actions.end(true) },
      { keys: ['Enter'], label: () => t('keyOpen'), run: unlessOnControl(actions.open) },
      { keys: [' '], label: () => t('keyPreview'), run: unlessOnControl(actions.preview) },
      { keys: ['x'], label: () => t('keySelect'), run: actions.select },
      { keys: ['Escape'], label: () => t('keyClose'), run: actions.close },
    ],
  };
}
