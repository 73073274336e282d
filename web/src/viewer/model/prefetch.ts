// In which order are the frames of a stack fetched? The one that is looked at first, then outwards on both sides.

/** Return all indices of a stack by distance from `start`, the following side first. */
export function middleOut(count: number, start: number, direction: 1 | -1 = 1): number[] {
  const middle = Math.min(Math.max(start, 0), count - 1);
  const order: number[] = count > 0 ? [middle] : [];
  for (let step = 1; order.length < count; step += 1) {
    for (const index of [middle + step * direction, middle - step * direction]) if (index >= 0 && index < count) order.push(index);
  }
  return order;
}
