// What does the list remember while another view is shown? Rows, place, focus and selection: going back finds them again.
import type { Attributes } from '../../dicom/names';
import { StudyList } from './list.svelte';

class Session {
  readonly list = new StudyList();
  /** The study with the keyboard, by UID, and where it was last seen. */
  focused = $state('');
  at = 0;
  /** Where a range of selected rows begins. */
  anchor = -1;
  selected = $state.raw<ReadonlyMap<string, Attributes>>(new Map());
}

export const kept = new Session();
