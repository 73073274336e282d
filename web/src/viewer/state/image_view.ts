// What can be done to whatever is in the middle of the viewer, be it a stack or the planes of a volume?
export interface ImageView {
  /** Show all values that there are. */
  autoWindow(): void;
  invert(): void;
  /** Turn by a quarter, clockwise. */
  rotate(): void;
  flip(axis: 'horizontal' | 'vertical'): void;
  fit(): void;
  /** Show pixels as many screen pixels as `factor` says. */
  zoomTo(factor: number): void;
  reset(): void;
  toggleSmoothing(): void;
}
