// Are film sizes said as people do?
import { expect, test } from 'vitest';
import { FILM_SIZES, shownSize } from './film_sizes';

test('inches and centimetres are taken apart, paper keeps its name', () => {
  expect(FILM_SIZES.map(shownSize)).toEqual(['8 × 10 in', '8.5 × 11 in', '10 × 12 in', '10 × 14 in', '11 × 14 in', '11 × 17 in', '14 × 14 in', '14 × 17 in', '24 × 24 cm', '24 × 30 cm', 'A4', 'A3']);
});
