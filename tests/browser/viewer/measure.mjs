// Are measurements right to the size of the phantom, listed, undone, exported, saved as a report, and read back from it?
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export async function run({ page, base, problems, study, shots }) {
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  const cell = page.locator('[data-testid="cell-0"]');
  await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  // The panel takes room when it opens: open it first, so that the image stays where it is.
  await page.keyboard.press('g');
  await page.getByTestId('measurements').waitFor();
  await page.waitForTimeout(500);
  const box = await cell.boundingBox();
  const side = Math.min(box.width, box.height);
  // Screen position of a pixel's middle: 128 pixels of 0.5 mm fill the shorter side.
  const at = (x, y) => [box.x + box.width / 2 + ((x + 0.5 - 64) / 128) * side, box.y + box.height / 2 + ((y + 0.5 - 64) / 128) * side];
  const drag = async (key, from, to) => {
    await page.keyboard.press(key);
    await page.mouse.move(...at(...from));
    await page.mouse.down();
    await page.mouse.move(...at((from[0] + to[0]) / 2, (from[1] + to[1]) / 2), { steps: 3 });
    await page.mouse.move(...at(...to), { steps: 3 });
    await page.mouse.up();
  };
  const items = page.getByTestId('measurement');
  const item = (words) => items.filter({ hasText: words });

  await drag('l', [30, 30], [90, 110]);
  // The list follows the drag: wait for its end. 60 columns and 80 rows of 0.5 mm are 50 mm.
  await item('Length').getByText(/^(49\.9\d*|50(\.0\d*)?) mm$/).waitFor();
  const length = Number(/([\d.]+) mm/.exec(await item('Length').textContent())[1]);
  await page.screenshot({ path: `${shots}/length.png` });

  await drag('r', [60, 60], [68, 68]);
  await item('Rectangle').getByText(/^Area (15\.[6-9]\d*|16(\.[0-3]\d*)?) mm²$/).waitFor();
  const rectangle = await item('Rectangle').textContent();
  assert.match(rectangle, /Mean 300 HU/);
  assert.match(rectangle, /SD 0 HU/);
  assert.equal(await items.count(), 2);
  await page.screenshot({ path: `${shots}/measured.png` });

  await item('Length').getByRole('button', { name: 'Delete the measurement' }).click();
  await item('Length').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+z');
  await item('Length').waitFor();

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as CSV' }).click()]);
  assert.match(readFileSync(await download.path(), 'utf8'), /Length,,Length,50(\.0\d*)?,mm,pixel|Length,,Length,49\.9\d*,mm,pixel/);

  await page.getByRole('button', { name: 'Save to the archive' }).click();
  await page.getByText('The measurements are saved as a structured report.').waitFor();
  await page.getByRole('button', { name: 'Save as presentation state' }).click();
  await page.getByText('The measurements are saved as a presentation state.').waitFor();
  await page.getByTestId('series').filter({ hasText: 'Measurements (presentation state)' }).waitFor();
  const report = page.getByTestId('series').filter({ hasText: /Measurements(?! \()/ });
  await report.waitFor();

  // A new visit knows nothing of them until the report is opened.
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  await page.getByTestId('series').filter({ hasText: /Measurements(?! \()/ }).click();
  await page.getByTestId('report').waitFor();
  await page.screenshot({ path: `${shots}/measurement-report.png` });
  await page.getByRole('button', { name: 'Show the measurements on the images' }).click();
  await item('Rectangle').waitFor();
  assert.equal(await items.count(), 2);
  await item('Rectangle').getByText('Mean 300 HU').waitFor();
  const again = Number(/([\d.]+) mm/.exec(await item('Length').textContent())[1]);
  assert.ok(Math.abs(again - length) < 0.02, `${again} after ${length}`);
  await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  await page.screenshot({ path: `${shots}/read-back.png` });
  assert.deepEqual(problems, []);
}
