// How is each kind of job called? One line each; a kind that is not known yet shows its own name.
import { t } from '../i18n/jobs';

const TASKS: Record<string, () => string> = {
  anonymize: () => t('taskAnonymize'),
  bundle: () => t('taskBundle'),
  check: () => t('taskCheck'),
  commitment: () => t('taskCommitment'),
  evict: () => t('taskEvict'),
  films: () => t('taskFilms'),
  fetch: () => t('taskFetch'),
  forward_step: () => t('taskForwardStep'),
  import: () => t('taskImport'),
  metadata: () => t('taskMetadata'),
  print: () => t('taskPrint'),
  notify: () => t('taskNotify'),
  purge: () => t('taskPurge'),
  regroup: () => t('taskRegroup'),
  send: () => t('taskSend'),
};

/** Return the name of a task in the language that is chosen. */
export function nameOfTask(task: string): string {
  return TASKS[task]?.() ?? task;
}
