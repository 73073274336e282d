// Are the measurements of a report that another program wrote drawn where they belong, on an image and in the patient?
import assert from 'node:assert/strict';

export async function run({ page, base, problems, study, shots }) {
  const items = page.getByTestId('measurement');
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  await page.getByTestId('series').filter({ hasText: 'Foreign report' }).click();
  await page.getByTestId('report').waitFor();
  await page.getByRole('button', { name: 'Show the measurements on the images' }).click();
  await page.getByText('2 measurements are shown.').waitFor();
  const [circle, square] = [items.filter({ hasText: 'Ellipse' }), items.filter({ hasText: 'Free line' })];
  assert.deepEqual([await circle.count(), await square.count()], [1, 1]);
  await circle.getByRole('button').first().click();
  await page.getByTestId('image-number').getByText('Image 13 of 24', { exact: true }).waitFor();
  // Computed anew from the drawn shape: a circle of 5 mm, then a square of 20 mm.
  await circle.getByText(/^Area 7[89](\.\d+)? mm²$/).waitFor();
  await page.screenshot({ path: `${shots}/foreign-circle.png` });
  await square.getByRole('button').first().click();
  await page.getByTestId('image-number').getByText('Image 9 of 24', { exact: true }).waitFor();
  await square.getByText(/^Area (399(\.\d+)?|400(\.\d+)?) mm²$/).waitFor();
  await page.screenshot({ path: `${shots}/foreign-square.png` });
  assert.deepEqual(problems, []);
}
