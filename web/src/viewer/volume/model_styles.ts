// How does a volume look as a solid body? Which values are clear and which are not, and in which colours; in HU for CT, in parts of the window for all others.
import type { Range } from '../model/voi';

export const MODEL_STYLES = ['bone', 'vessels', 'softTissue', 'lung', 'window', 'maximum'] as const;
export type ModelStyle = (typeof MODEL_STYLES)[number];

type Rgb = readonly [red: number, green: number, blue: number];
export interface Styled {
  /** Value and opacity per millimetre-like unit distance. */
  readonly opacity: readonly (readonly [value: number, opacity: number])[];
  readonly colours: readonly (readonly [value: number, colour: Rgb])[];
  /** Surfaces stand out by the light that falls on them; a projection of the greatest values knows none. */
  readonly isShaded: boolean;
  readonly isMaximum: boolean;
}

const IVORY: Rgb = [1, 0.96, 0.86];
const SAND: Rgb = [0.85, 0.66, 0.48];
const FLESH: Rgb = [0.83, 0.5, 0.38];
const BLOOD: Rgb = [0.75, 0.12, 0.08];
const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [1, 1, 1];

const shaded = (opacity: Styled['opacity'], colours: Styled['colours']): Styled => ({ opacity, colours, isShaded: true, isMaximum: false });

/** Values in HU. */
const CT_STYLES: Readonly<Partial<Record<ModelStyle, Styled>>> = {
  bone: shaded([[-3024, 0], [150, 0], [300, 0.2], [600, 0.7], [3071, 0.9]], [[-3024, BLACK], [150, BLOOD], [300, SAND], [600, IVORY], [3071, WHITE]]),
  vessels: shaded([[-3024, 0], [120, 0], [180, 0.25], [350, 0.65], [3071, 0.85]], [[-3024, BLACK], [120, BLOOD], [280, FLESH], [420, IVORY], [3071, WHITE]]),
  softTissue: shaded([[-3024, 0], [-200, 0], [-50, 0.12], [60, 0.35], [250, 0.6], [3071, 0.85]], [[-3024, BLACK], [-200, SAND], [40, FLESH], [250, SAND], [500, IVORY], [3071, WHITE]]),
  lung: shaded([[-3024, 0], [-950, 0], [-850, 0.06], [-600, 0.18], [-450, 0.02], [-300, 0], [3071, 0]], [[-3024, BLACK], [-900, [0.35, 0.55, 0.85]], [-650, [0.85, 0.9, 1]], [-400, FLESH], [3071, WHITE]]),
};

/** Return a style for the values of a modality; undefined when it has no meaning there. */
export function styleFor(style: ModelStyle, modality: string, { lower, upper }: Range): Styled | undefined {
  const at = (part: number): number => lower + part * (upper - lower);
  if (style === 'maximum') return { opacity: [[at(0), 1], [at(1), 1]], colours: [[at(0), BLACK], [at(1), WHITE]], isShaded: false, isMaximum: true };
  if (style === 'window') {
    return shaded([[at(0) - 1e-6, 0], [at(0.25), 0], [at(0.5), 0.15], [at(1), 0.7]], [[at(0), BLACK], [at(0.3), FLESH], [at(0.6), SAND], [at(1), IVORY]]);
  }
  return modality === 'CT' ? CT_STYLES[style] : undefined;
}
