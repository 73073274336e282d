// Do the number keys hold the header's own windows first, then those of the modality, whatever a header calls it?
import { expect, test } from 'vitest';
import { presetsFor } from './presets';

test('the own windows come first, and none twice', () => {
  const presets = presetsFor('CT', [{ center: 50, width: 350, name: 'mine' }, { center: 40, width: 400, name: 'same as the usual' }]);
  expect(presets.map(({ name }) => name)).toEqual(['mine', 'same as the usual', 'lung', 'bone', 'brain', 'liver', 'abdomen', 'angio']);
});

test('a modality that nobody knows has no usual ones, even when objects know its name', () => {
  for (const strange of ['MR', '', 'constructor', '__proto__', 'toString']) expect(presetsFor(strange, [])).toEqual([]);
});
