// Do names and words come out right, in both languages?
import { expect, test } from 'vitest';
import { personName, text } from './names';

test('ideographic comes before alphabetic before phonetic', () => {
  expect(personName({ Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎' })).toBe('山田 太郎');
  expect(personName({ Alphabetic: 'Doe^Jane^^Dr', Ideographic: '^' })).toBe('Doe Jane Dr');
  expect(personName({ Phonetic: 'やまだ^たろう' })).toBe('やまだ たろう');
  expect(personName(null)).toBe('');
});
test('several values are joined, a missing one is empty', () => {
  expect(text({ '00080061': { vr: 'CS', Value: ['CT', 'SR'] } }, '00080061')).toBe('CT, SR');
  expect(text({}, '00080061')).toBe('');
});
