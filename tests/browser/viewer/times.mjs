// Are the times of a series walked through beside its slices, each image being the one of its time and place?
import assert from 'node:assert/strict';
import { pixelsOf } from '../chromium.mjs';

export async function run({ page, base, problems, study, shots }) {
  const cell = page.getByTestId('cell-0');
  const number = (n) => cell.getByTestId('image-number').getByText(`Image ${n} of 5`, { exact: true }).waitFor();
  const time = (words) => page.getByTestId('time').getByText(words, { exact: true }).waitFor();
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  await page.getByTestId('time-bar').waitFor();
  /** The grey of 1000 * time + 100 * place in a window (PS3.3 C.11.2.1.2). */
  const grey = (t, place, centre, width) => Math.max(0, Math.min(255, ((1000 * t + 100 * place - (centre - 0.5)) / (width - 1) + 0.5) * 255));
  const isShown = async (t, place, centre = 2500, width = 5000) => {
    const wanted = grey(t, place, centre, width);
    for (let tries = 0; ; tries += 1) {
      const { width: w, height: h, data } = await pixelsOf(page);
      const found = data[Math.round(h / 2) * w + Math.round(w / 2)];
      if (Math.abs(found - wanted) <= 1.5) return;
      assert.ok(tries < 50, `time ${t}, place ${place} is ${found} instead of ${wanted}`);
      await page.waitForTimeout(100);
    }
  };
  await page.keyboard.press('Home');
  await number(1);
  const slider = page.getByTestId('time-bar').getByRole('slider');
  await slider.fill('1');
  await time('1 / 4');
  await isShown(0, 0);
  await page.keyboard.press('.');
  await time('2 / 4');
  await isShown(1, 0);
  await page.keyboard.press('End');
  await number(5);
  await isShown(1, 4);
  await slider.fill('4');
  await time('4 / 4');
  await number(5);
  await isShown(3, 4);
  // Round to the first, the slice stays; so does the window that the reader chose.
  await page.keyboard.press('.');
  await time('1 / 4');
  await isShown(0, 4);
  const box = await cell.boundingBox();
  await page.mouse.move(box.x + 400, box.y + 300);
  await page.mouse.down();
  await page.mouse.move(box.x + 400, box.y + 240, { steps: 3 });
  await page.mouse.up();
  const [, centre, width] = /C (-?[\d.]+) W ([\d.]+)/.exec(await cell.getByTestId('window').textContent()).map(Number);
  assert.notEqual(centre, 2500);
  await page.keyboard.press(',');
  await time('4 / 4');
  await isShown(3, 4, centre, width);
  await cell.getByTestId('window').getByText(`C ${centre} W ${width}`, { exact: true }).waitFor();
  await page.screenshot({ path: `${shots}/times.png` });
  await page.getByTestId('play-times').click();
  const seen = new Set();
  for (let tries = 0; seen.size < 3 && tries < 200; tries += 1) { seen.add(await page.getByTestId('time').textContent()); await page.waitForTimeout(50); }
  assert.ok(seen.size >= 3, `played: ${[...seen]}`);
  await page.getByTestId('play-times').click();
  await number(5);
  assert.deepEqual(problems, []);
}
