// Does the viewer follow its reader's habits: keys of their own, a window from a drawn region, mammograms in their places, a second window?
import assert from 'node:assert/strict';

export async function run({ page, base, problems, study, breasts, shots, context }) {
  const shown = (at, n = 0) => at.locator(`[data-testid="cell-${n}"][data-shown="true"]`).waitFor();
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  await shown(page);
  const cell = page.getByTestId('cell-0');
  const number = (words) => cell.getByTestId('image-number').getByText(words, { exact: true }).waitFor();
  const window = () => cell.getByTestId('window').textContent();

  // "Last image" gets the key of "Invert": told as a conflict, and obeyed by the first in the sheet.
  await page.keyboard.press('?');
  await page.getByTestId('key-viewer.last').click();
  await page.keyboard.press('v');
  await page.getByTestId('key-viewer.last').getByText('V').waitFor();
  assert.equal(await page.getByTestId('conflict').count(), 2);
  await page.screenshot({ path: `${shots}/keys-conflict.png` });
  await page.getByTestId('key-viewer.last').click();
  await page.keyboard.press('Shift+Z');
  assert.equal(await page.getByTestId('conflict').count(), 0);
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('End');
  await number('Image 4 of 6');
  await page.keyboard.press('Shift+Z');
  await number('Image 6 of 6');
  await page.reload();
  await shown(page);
  await page.keyboard.press('Shift+Z');
  await number('Image 6 of 6');
  await page.keyboard.press('?');
  await page.getByRole('button', { name: 'Usual key' }).click();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Home');
  await page.keyboard.press('End');
  await number('Image 6 of 6');

  // A region half in water (0 HU), half in the square (300 HU): its window lies between them.
  const box = await cell.boundingBox();
  const side = Math.min(box.width, box.height);
  const at = (x, y) => [box.x + box.width / 2 + ((x + 0.5 - 64) / 128) * side, box.y + box.height / 2 + ((y + 0.5 - 64) / 128) * side];
  await page.keyboard.press('u');
  await page.mouse.move(...at(50, 60));
  await page.mouse.down();
  await page.mouse.move(...at(62, 68), { steps: 5 });
  await page.mouse.up();
  await cell.getByTestId('window').getByText('C 151 W 301', { exact: true }).waitFor();

  const [other] = await Promise.all([context.waitForEvent('page'), page.keyboard.press('W')]);
  await shown(other);
  assert.equal(await other.getByTestId('window').textContent(), await window());
  await other.close();

  await page.goto(`${base}viewer?StudyInstanceUIDs=${breasts}`);
  for (const n of [0, 1, 2, 3]) await shown(page, n);
  const places = await Promise.all([0, 1, 2, 3].map((n) => page.getByTestId(`cell-${n}`).getByTestId('image-number').textContent()));
  assert.deepEqual(places, ['Image 4 of 4', 'Image 2 of 4', 'Image 3 of 4', 'Image 1 of 4']);
  await page.getByText('R · CC').waitFor();
  await page.screenshot({ path: `${shots}/mammograms.png` });
  assert.deepEqual(problems, []);
}
