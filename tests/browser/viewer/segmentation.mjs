// Does a segmentation lie where it was drawn, in its colours, and does the list of segments govern what is seen?
import assert from 'node:assert/strict';
import { layerPixel } from '../layers.mjs';

export async function run({ page, base, problems, study, shots }) {
  const cell = page.getByTestId('cell-0');
  const number = (words) => cell.getByTestId('image-number').getByText(words, { exact: true }).waitFor();
  const item = (name) => page.getByTestId('layer-item').filter({ hasText: name });
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  await number('Image 13 of 24');
  await page.getByTestId('series').filter({ hasText: 'Organs' }).click();
  await item('Rod').waitFor();
  // The images stay; the hostile label is text.
  await number('Image 13 of 24');
  assert.ok(await page.getByText('Square <b>').isVisible());
  await page.locator('[data-testid="layer"] progress').waitFor({ state: 'detached' });
  const at = (column, row) => layerPixel(page, 128, column, row);
  const near = (found, wanted) => wanted.every((value, i) => Math.abs(found[i] - value) <= 3);

  // Slice 13 (index 12) has the rod, green at 40 %, and no square.
  const rod = await at(90, 85);
  assert.ok(near(rod, [0, 255, 0, 102]), `the rod is ${rod}`);
  assert.deepEqual(await at(30, 40), [0, 0, 0, 0]);
  // Its border is firm, one and a half screen pixels wide: the outer edge of column 80.
  assert.ok((await at(79.5, 85))[3] > 200, 'the border is not there');
  assert.deepEqual(await at(77, 85), [0, 0, 0, 0]);
  await page.screenshot({ path: `${shots}/segmentation.png` });

  await item('Square').getByRole('button').click();
  await cell.getByTestId('image-number').getByText(/^Image (7|8|9|10|11|12) of 24$/).waitFor();
  await page.waitForFunction(() => document.querySelector('[data-testid="layers"]').dataset.painted > 0);
  const square = await at(30, 40);
  assert.ok(near(square, [255, 0, 0, 102]), `the square is ${square}`);
  await item('Square').getByRole('checkbox').uncheck();
  assert.deepEqual(await at(30, 40), [0, 0, 0, 0]);
  await item('Square').getByRole('checkbox').check();
  const slider = page.getByTestId('layer').getByRole('slider', { name: 'Opacity' });
  await slider.fill('1');
  assert.ok(near(await at(30, 40), [255, 0, 0, 255]), 'opacity does nothing');
  await slider.fill('0.4');

  // Turned with the image: a quarter clockwise brings (column, row) to (127 - row, column).
  await page.keyboard.press('o');
  await cell.getByTestId('letter-top').getByText('R', { exact: true }).waitFor();
  assert.ok(near(await at(127 - 40, 30), [255, 0, 0, 102]), 'the square did not turn with the image');
  await page.keyboard.press('Backspace');
  await cell.getByTestId('letter-top').getByText('A', { exact: true }).waitFor();

  await page.getByTestId('series').filter({ hasText: 'Probability' }).click();
  await item('Half').waitFor();
  await page.locator('[data-testid="layer"] progress').waitFor({ state: 'detached' });
  // Half of a full value at 40 %: 51 of 255.
  const half = await at(10, 10);
  assert.ok(near(half, [0, 255, 0, 51]), `the half is ${half}`);
  await page.screenshot({ path: `${shots}/segmentations.png` });

  // The sagittal series of the same frame of reference: sampled across. Its columns go along +y from -32 by 0.7 mm, its rows down from z = 60;
  // the rod spans y = 3 … 18 mm, so column 60 (10 mm), and z = 0 … 46 mm, so row 50 (25 mm), at x = 8 … 18 mm: image 10 (x = 12).
  await page.getByTestId('series').filter({ hasText: 'Sagittal' }).click();
  await cell.getByTestId('letter-top').getByText('H', { exact: true }).waitFor();
  await page.keyboard.press('Home');
  for (let i = 0; i < 9; i += 1) await page.keyboard.press('ArrowDown');
  await number('Image 10 of 12');
  await page.waitForFunction(() => document.querySelector('[data-testid="layers"]'));
  const across = await layerPixel(page, 96, 60, 50);
  assert.ok(near(across, [0, 255, 0, 102]), `across the planes the rod is ${across}`);
  assert.deepEqual(await layerPixel(page, 96, 20, 50), [0, 0, 0, 0]);
  await page.screenshot({ path: `${shots}/segmentation-across.png` });
  assert.deepEqual(problems, []);
}
