// Which bars has the chart? Every day of the span, empty ones too, under a round ceiling.
import type { Statistics } from '../../api/admin';

export type Day = Statistics['days'][number];

/** Return one entry for each of the `span` days that end with `today`. */
export function filled(days: Day[], span: number, today: number): Day[] {
  const known = new Map(days.map((day) => [day.day, day]));
  return Array.from({ length: span }, (_, n) => {
    const day = today - span + 1 + n;
    return known.get(day) ?? { day, n_studies: 0, n_instances: 0, size_bytes: 0 };
  });
}

/** Return the next round number (1, 2 or 5 times a power of ten) that is not less. */
export function ceiling(n: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, n)));
  return ([1, 2, 5, 10].find((step) => step * power >= n) ?? 10) * power;
}
