// Is the viewer in reach of everybody: by finger, in ultrasound's own measure, round and round or once, and for those who hear the page?
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { openVolume } from './planes.mjs';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export async function run({ page, base, problems, ct, ultrasound, shots, axe, context }) {
  const cell = page.getByTestId('cell-0');
  const shown = () => page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  const number = (words) => cell.getByTestId('image-number').getByText(words, { exact: true }).waitFor();
  const wrong = [];
  const judged = async (name) => {
    await page.evaluate(readFileSync(axe, 'utf8'));
    const { violations } = await page.evaluate((rules) => window.axe.run(document, { runOnly: rules }), RULES);
    wrong.push(...violations.map(({ id, nodes }) => `${name} ${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`));
  };

  // One finger does what the tool in hand does: here it scrolls, upwards to the first images.
  await page.goto(`${base}viewer?StudyInstanceUIDs=${ct}`);
  await shown();
  await number('Image 7 of 12');
  await page.keyboard.press('s');
  const box = await cell.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const session = await context.newCDPSession(page);
  const touch = (type, dy) => session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y: y + dy }] });
  await touch('touchStart', 0);
  for (let dy = 0; dy >= -box.height / 3; dy -= 12) await touch('touchMove', dy);
  await touch('touchEnd', 0);
  await page.waitForFunction(() => !/ 7 of 12/.test(document.querySelector('[data-testid="image-number"]').textContent));
  await page.keyboard.press('w');

  // What the viewer opens is said to those who do not see it.
  for (const key of ['g', 'T', 'J', 'O']) await page.keyboard.press(key);
  await page.getByTestId('measurements').waitFor();
  await judged('panels');
  for (const key of ['g', 'T', 'J', 'O']) await page.keyboard.press(key);
  for (const name of ['Presets', 'Layout', 'Export', 'Colours and presentation']) {
    await page.getByRole('button', { name, exact: true }).click();
    await judged(name);
    await page.keyboard.press('Escape');
  }
  await page.keyboard.press('?');
  await page.locator('dialog').waitFor();
  await judged('keys');
  await page.keyboard.press('Escape');
  const unnamed = await page.locator('button:visible').evaluateAll((buttons) => buttons.filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim())).length);
  assert.equal(unnamed, 0);

  // Ultrasound of 0.05 cm a pixel: 60 columns and 80 rows are 5 cm; the header's other spacing is not asked.
  await page.goto(`${base}viewer?StudyInstanceUIDs=${ultrasound}`);
  await shown();
  await page.keyboard.press('g');
  await page.getByTestId('measurements').waitFor();
  await page.waitForFunction((width) => document.querySelector('[data-testid="cell-0"]').clientWidth < width, box.width);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const area = await cell.boundingBox();
  const side = Math.min(area.width, area.height);
  const at = (column, row) => [area.x + area.width / 2 + ((column + 0.5 - 64) / 128) * side, area.y + area.height / 2 + ((row + 0.5 - 64) / 128) * side];
  await page.keyboard.press('l');
  await page.mouse.move(...at(30, 20));
  await page.mouse.down();
  await page.mouse.move(...at(60, 60), { steps: 3 });
  await page.mouse.move(...at(90, 100), { steps: 3 });
  await page.mouse.up();
  const item = page.getByTestId('measurement');
  await item.getByText(/^(4\.9[89]\d*|5(\.0[012]?\d*)?) cm$|^(49\.[89]\d*|50(\.[012]\d*)?) mm$/).waitFor();
  await item.getByText('Sizes from the ultrasound region').waitFor();
  await page.screenshot({ path: `${shots}/ultrasound.png` });

  // A film ends after once, and goes on from the start when it is to go round.
  const play = page.getByTestId('play');
  await page.getByLabel('How to repeat').selectOption('once');
  await page.keyboard.press('Home');
  await play.click();
  await number('Image 8 of 8');
  await page.waitForFunction(() => document.querySelector('[data-testid="play"]').getAttribute('aria-label') === 'Play');
  await number('Image 8 of 8');
  await page.getByLabel('How to repeat').selectOption('loop');
  await play.click();
  await page.waitForFunction(() => / [2-4] of 8/.test(document.querySelector('[data-testid="image-number"]').textContent));
  await page.getByLabel('How to repeat').selectOption('bounce');
  await number('Image 8 of 8');
  await number('Image 7 of 8');
  await play.click();

  await openVolume(page, base, ct);
  await page.keyboard.press('Q');
  await page.locator('[data-testid="model"][data-shown="true"]').waitFor();
  await judged('volume');
  assert.deepEqual(wrong, []);
  assert.deepEqual(problems, []);
}
