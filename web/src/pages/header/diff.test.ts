import { expect, test } from 'vitest';
import { pairs } from './diff';
import { lines } from './elements';

const of = (vr: string, ...Value: unknown[]) => ({ vr, Value });

test('lines of two headers stand side by side; what differs or is missing stays', () => {
  const own = lines({ '00080060': of('CS', 'CT'), '00200013': of('IS', 1), '00081140': of('SQ', { '00081155': of('UI', '1.2') }) });
  const other = lines({ '00080060': of('CS', 'CT'), '00200013': of('IS', 2), '00180050': of('DS', 5) });
  expect(pairs(own, other, true).map(({ line, own: a, other: b }) => [line.path, a, b])).toEqual([
    ['00081140', '', undefined], ['00081140[1]', '', undefined], ['00081140[1].00081155', '1.2', undefined], ['00180050', undefined, '5'], ['00200013', '1', '2'],
  ]);
  expect(pairs(own, other, false)).toHaveLength(6);
});
