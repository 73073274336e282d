// What lies over the images? One object each: a segmentation, structures or a dose, with what the reader chose to see of it.
import type { DisplaySet } from '../../model/display_sets';
import type { Vector } from '../../model/geometry';
import type { Rgb } from '../model/color';
import type { Affine, Slice } from '../model/slice';

export type LayerKind = 'segmentation' | 'structures' | 'dose';

/** One segment, region of interest or level of dose. */
export interface Item {
  readonly number: number;
  readonly name: string;
  readonly rgb: Rgb;
  readonly details: string;
  isVisible: boolean;
}

/** A segment or region: its name is the header's. */
export class Part implements Item {
  isVisible = $state(true);

  constructor(readonly number: number, readonly name: string, readonly rgb: Rgb, readonly details: string) {}
}

/** Where to go to see something: a place in the patient, or an image. */
export type Target = { readonly place: Vector } | { readonly uid: string; readonly frameNumber: number };

/** Something that can be painted over a slice. */
export interface Layer {
  readonly id: string;
  readonly kind: LayerKind;
  readonly set: DisplaySet;
  readonly title: string;
  readonly items: readonly Item[];
  /** Changes when the layer would be painted differently. */
  readonly version: number;
  /** How much of it is there, 0 to 1. */
  readonly progress: number;
  readonly error: string;
  isVisible: boolean;
  opacity: number;
  /** Say whether it has a place in a stack. */
  fits(slice: Slice, seriesUid: string): boolean;
  /** Paint what lies in a slice; `way` leads from its pixels to the canvas. */
  paint(context: CanvasRenderingContext2D, slice: Slice, way: Affine): void;
  /** Say what is there at a place in the patient, for the reader; empty when there is nothing to say. */
  readAt?(place: Vector): string;
  targetOf(item: Item): Target | undefined;
  close(): void;
}
