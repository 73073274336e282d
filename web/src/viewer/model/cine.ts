// Which image follows in a film? Round and round, there and back, or once (PS3.3 C.7.6.5, Preferred Playback Sequencing).
export type Loop = 'loop' | 'bounce' | 'once';

/** Return the next index, the direction from there on, and whether the film is over. */
export function nextOfCine(index: number, count: number, loop: Loop, direction: 1 | -1): { index: number; direction: 1 | -1; isOver: boolean } {
  const last = count - 1;
  if (count < 2) return { index: 0, direction, isOver: true };
  if (loop === 'bounce') {
    const turned = index >= last ? -1 : index <= 0 ? 1 : direction;
    return { index: index + turned, direction: turned, isOver: false };
  }
  if (index < last) return { index: index + 1, direction: 1, isOver: false };
  return { index: 0, direction: 1, isOver: loop === 'once' };
}
