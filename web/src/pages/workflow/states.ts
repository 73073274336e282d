// How are the states of scheduled and performed steps called, and in which colour are they shown?
import type { PerformedState, ScheduledState } from '../../api/workflow';
import { t } from '../../i18n/workflow';

type State = ScheduledState | PerformedState;
const NAMES: Record<State, () => string> = {
  SCHEDULED: () => t('scheduled'),
  STARTED: () => t('started'),
  'IN PROGRESS': () => t('inProgress'),
  COMPLETED: () => t('completed'),
  CANCELED: () => t('canceled'),
  DISCONTINUED: () => t('discontinued'),
};
const TONES: Record<State, string> = { SCHEDULED: 'accent', STARTED: 'warn', 'IN PROGRESS': 'warn', COMPLETED: 'ok', CANCELED: '', DISCONTINUED: 'danger' };

/** Return the name of a state in the language that is chosen. */
export const nameOfState = (state: State): string => NAMES[state]();
/** Return the class that colours the tag of a state. */
export const toneOfState = (state: State): string => TONES[state];
