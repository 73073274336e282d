// How is an image printed as it is seen? With the window and the inversion of its view; tables are the image's own.
import type { PrintImage } from '../../api/printing';
import type { Frame } from './instance';

export type Seen = { window?: { center: number; width: number; table?: string } | undefined; isInverted: boolean };

/** Describe a frame that is seen like this for the archive's printing. */
export function printedImage(frame: Frame, { window, isInverted }: Seen): PrintImage {
  const image: PrintImage = { sop_instance_uid: frame.instance.uid, frame: frame.number };
  if (window && !window.table) image.window = [window.center, window.width];
  if (isInverted) image.invert = true;
  return image;
}
