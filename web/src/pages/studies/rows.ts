// What does the grid need of a list? Positions, the rows that are here, and to be told what is in sight.
import type { Attributes } from '../../dicom/names';

export interface Rows {
  /** How many rows there are to scroll through. */
  readonly shown: number;
  readonly busy: boolean;
  /** Changes whenever rows do. */
  readonly pages: unknown;
  scrollTop: number;
  at(index: number): Attributes | undefined;
  see(first: number, last: number): void;
}
