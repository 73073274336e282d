// What is drawn of a volume? Its values between two ends, in grey or in colour, and how much of what lies below shines through.
import type { Range } from '../model/voi';
import type { LoadedVolume } from './image_volume';

export interface Layer {
  readonly volume: LoadedVolume;
  readonly range: Range;
  readonly isInverted: boolean;
  /** The name of a colour map of Cornerstone; grey when undefined. */
  readonly colours?: string;
  /** From 0 to 1; the lowest layer is always whole. */
  readonly opacity: number;
}

export const BLENDS = ['thin', 'maximum', 'minimum', 'average'] as const;
export type Blend = (typeof BLENDS)[number];

/** How much of the range stays clear at its lower end, so that the background of an overlay does not darken what is below. */
const CLEAR_PART = 0.02;
const FULL_PART = 0.2;

/** Return how opaque an overlay is at which value; beyond the last point nothing would be drawn, so it is the greatest value that there is. */
export function opacityPoints({ lower, upper }: Range, opacity: number, greatest: number): { value: number; opacity: number }[] {
  const at = (part: number): number => lower + part * (upper - lower);
  return [{ value: at(0), opacity: 0 }, { value: at(CLEAR_PART), opacity: 0 }, { value: at(FULL_PART), opacity }, { value: Math.max(at(1), greatest), opacity }];
}
