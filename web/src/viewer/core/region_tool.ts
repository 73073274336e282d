// How is a window set by a drawn region? From the least to the greatest value in it; Cornerstone's own tool takes places on the screen for pixels.
import { getEnabledElement, type StackViewport, type Types } from '@cornerstonejs/core';
import { WindowLevelRegionTool } from '@cornerstonejs/tools';
import { toPixel } from '../model/measurements';
import { rangeOfRegion } from '../model/voi';
import { drawableOf } from './painter';

export class RegionTool extends WindowLevelRegionTool {
  static override toolName = 'WindowOfRegion';

  constructor(...given: ConstructorParameters<typeof WindowLevelRegionTool>) {
    super(...given);
    this.applyWindowLevelRegion = (annotation: { data: { handles: { points: Types.Point3[] } } }, element: HTMLDivElement): void => {
      const viewport = getEnabledElement(element)?.viewport as StackViewport | undefined;
      const drawable = drawableOf(viewport?.getCornerstoneImage?.());
      const { points } = annotation.data.handles;
      const [a, b] = [points[0], points[3]];
      if (!viewport || !drawable || drawable.isColor || !a || !b) return;
      const range = rangeOfRegion(drawable, toPixel(drawable.frame, a), toPixel(drawable.frame, b));
      if (range) viewport.setProperties({ voiRange: range });
      viewport.render();
    };
  }
}
