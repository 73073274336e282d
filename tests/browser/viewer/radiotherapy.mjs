// Do contours run where they were drawn, is the dose what it is, and does the plan read as it should?
import assert from 'node:assert/strict';
import { layerPixel } from '../layers.mjs';

export async function run({ page, base, problems, study, shots }) {
  const cell = page.getByTestId('cell-0');
  const number = (words) => cell.getByTestId('image-number').getByText(words, { exact: true }).waitFor();
  const item = (name) => page.getByTestId('layer-item').filter({ hasText: name });
  const layer = (name) => page.getByTestId('layer').filter({ hasText: name });
  const at = (column, row) => layerPixel(page, 128, column, row);
  const near = (found, wanted, by = 4) => wanted.every((value, i) => Math.abs(found[i] - value) <= by);
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  await page.getByTestId('series').filter({ hasText: 'Contours' }).click();
  await item('PTV <i>').waitFor();
  await number('Image 13 of 24');
  // x = 10 mm is column 84 of 0.5 mm from -32 mm; the middle of rows is y = 0.
  for (const [column, row] of [[84, 64], [44, 70], [60, 44], [70, 84]]) {
    const edge = await at(column, row);
    assert.ok(near(edge, [255, 128, 0, 255], 12), `the outline at ${column}, ${row} is ${edge}`);
  }
  assert.ok(near(await at(76, 64), [255, 128, 0, 51]), `inside it is ${await at(76, 64)}`);
  assert.deepEqual(await at(64, 64), [0, 0, 0, 0], 'the hole is filled');
  assert.deepEqual(await at(90, 64), [0, 0, 0, 0]);
  assert.ok((await at(24, 64))[3] > 150, 'the marker is not there');
  await page.screenshot({ path: `${shots}/contours.png` });
  await page.keyboard.press('Home');
  await number('Image 1 of 24');
  assert.deepEqual(await at(84, 64), [0, 0, 0, 0]);
  await item('PTV').getByRole('button').click();
  await cell.getByTestId('image-number').getByText(/^Image (9|1[0-6]) of 24$/).waitFor();
  assert.ok((await at(84, 64))[3] > 200);
  await item('Marker').getByRole('button').click();
  await number('Image 13 of 24');
  await item('PTV').getByRole('checkbox').uncheck();
  assert.deepEqual(await at(84, 64), [0, 0, 0, 0]);
  await item('PTV').getByRole('checkbox').check();

  await page.getByTestId('series').filter({ hasText: 'Plan dose' }).click();
  await layer('Plan dose').getByTestId('reference-dose').waitFor();
  await number('Image 13 of 24');
  // The plan prescribes 32 Gy; the greatest dose of the grid is at x = 30, z = 44: 20 + 15 + 11 Gy.
  assert.equal(await layer('Plan dose').getByTestId('reference-dose').inputValue(), '32');
  await layer('Plan dose').getByText('Maximum 46.00 Gy').waitFor();
  await item('95 %').getByText('30.40 Gy').waitFor();
  await layer('Contours').getByRole('checkbox').first().uncheck();
  await layer('Plan dose').getByRole('combobox').selectOption('wash');
  await layer('Plan dose').getByRole('slider').fill('1');
  // At z = 24 mm the dose is 26 + x/2 Gy: 100 % = 32 Gy at x = 12 mm (column 88), 90 % = 28.8 Gy at 5.6 mm (column 75.2).
  const full = await at(88, 64);
  assert.ok(near(full, [255, 40, 30, 255], 12), `100 % is ${full}`);
  const ninety = await at(75.2, 64);
  assert.ok(near(ninety, [255, 220, 0, 255], 12), `90 % is ${ninety}`);
  assert.deepEqual(await at(127, 64), [0, 0, 0, 0], 'outside of the grid there is dose');
  await layer('Plan dose').getByRole('combobox').selectOption('lines');
  const line = await at(75.2, 64);
  assert.ok(near(line, [255, 220, 0, 255], 60), `the line of 90 % is ${line}`);
  assert.deepEqual(await at(82, 64), [0, 0, 0, 0]);
  await layer('Plan dose').getByRole('combobox').selectOption('both');
  await layer('Plan dose').getByRole('slider').fill('0.35');

  const read = async (column, row) => {
    const box = await cell.boundingBox();
    const side = Math.min(box.width, box.height);
    await page.mouse.move(box.x + box.width / 2 + ((column + 0.5 - 64) / 128) * side, box.y + box.height / 2 + ((row + 0.5 - 64) / 128) * side);
    const words = cell.getByTestId('layer-readout').getByText(/Gy/);
    await words.waitFor();
    return (await words.textContent()).match(/[\d.]+/g).map(Number);
  };
  for (const [column, row] of [[64, 64], [90, 40], [20, 100]]) {
    const wanted = 26 + 0.5 * (column * 0.5 - 32);
    const [gray, percent] = await read(column, row);
    assert.ok(Math.abs(gray - wanted) < 0.1, `${gray} Gy instead of ${wanted}`);
    assert.ok(Math.abs(percent - (wanted / 32) * 100) < 0.4, `${percent} % of 32 Gy`);
  }
  // z = 22 mm lies between two planes of the grid.
  await page.keyboard.press('ArrowUp');
  await number('Image 12 of 24');
  assert.ok(Math.abs((await read(64, 64))[0] - 25.5) < 0.1);
  await layer('Contours').getByRole('checkbox').first().check();
  await page.screenshot({ path: `${shots}/dose.png` });
  await layer('Plan dose').getByTestId('reference-dose').fill('40');
  await layer('Plan dose').getByTestId('reference-dose').press('Tab');
  await item('95 %').getByText('38.00 Gy').waitFor();

  // Sagittal images of the same frame of reference: the outlines cut across, the dose resampled.
  await page.getByTestId('series').filter({ hasText: 'Sagittal' }).click();
  await cell.getByTestId('letter-top').getByText('H', { exact: true }).waitFor();
  // x = 0 is image 7; y = 5 mm is column (5 + 32) / 0.7, z = 24 mm row (60 - 24) / 0.7.
  await number('Image 7 of 12');
  await layer('Plan dose').getByRole('checkbox').first().uncheck();
  const band = await layerPixel(page, 96, 37 / 0.7, 36 / 0.7);
  assert.ok(near(band, [255, 128, 0, 115], 12), `the band is ${band}`);
  assert.deepEqual(await layerPixel(page, 96, 50 / 0.7, 36 / 0.7), [0, 0, 0, 0]);
  await layer('Plan dose').getByRole('checkbox').first().check();
  await page.screenshot({ path: `${shots}/dose-sagittal.png` });

  await page.getByTestId('series').filter({ hasText: 'RTPLAN' }).click();
  const plan = page.getByTestId('plan');
  await plan.waitFor();
  for (const words of ['Lung 1', 'PTV <script>', '32 Gy', 'Arc', '6 MV', '181° ↻ 179°', '120.5', '0.0 / 0.0 / 24.0']) await plan.getByText(words, { exact: true }).first().waitFor();
  // Two beams of 1 Gy, sixteen times.
  await plan.getByRole('row').filter({ hasText: '16' }).getByText('32 Gy').waitFor();
  await page.screenshot({ path: `${shots}/plan.png` });
  assert.deepEqual(problems, []);
}
