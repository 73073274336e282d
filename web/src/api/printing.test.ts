import { describe, expect, it } from 'vitest';
import { FILM_SIZES, shownSize } from './printing';

describe('film sizes', () => {
  it('are said as people do', () => {
    expect(FILM_SIZES.map(shownSize)).toEqual(['8 × 10 in', '8.5 × 11 in', '10 × 12 in', '10 × 14 in', '11 × 14 in', '11 × 17 in', '14 × 14 in', '14 × 17 in', '24 × 24 cm', '24 × 30 cm', 'A4', 'A3']);
  });
});
