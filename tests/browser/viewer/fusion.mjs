// Does PET lie over CT where it belongs, with the right SUV, in colours that can be chosen, and measured as SUV?
import assert from 'node:assert/strict';
import { colourAt, near, openVolume, pictureOf, pointed, scaleOf, settled } from './planes.mjs';

const AXIAL = 'plane-axial';

export async function run({ page, base, problems, study, shots, hot, step, words = ['Mean', 'SUV'] }) {
  await openVolume(page, base, study);
  await page.keyboard.press('F');
  await page.getByTestId('opacity').waitFor();
  await page.locator('[data-testid="volume"][data-loaded="true"]').waitFor();
  const z0 = (await pointed(page, AXIAL, [200, 200])).place[2];
  for (let n = Math.round((hot[2] - z0) / step); n > 0; n -= 1) await page.keyboard.press('ArrowUp');
  await settled(page);
  const scales = await scaleOf(page, AXIAL, [0, 1]);
  const at = (place) => [scales[0](place[0]), scales[1](place[1])];
  assert.deepEqual((await pointed(page, AXIAL, at(hot))).values, ['2000 HU', 'SUV 8.00']);
  assert.deepEqual((await pointed(page, AXIAL, at([0, 10]))).values, ['0 HU', 'SUV 1.00']);
  assert.deepEqual((await pointed(page, AXIAL, at([-36, -30]))).values, ['-1000 HU', 'SUV 0.00']);

  // Beside the marker, inside the hot ball: SUV 8 is white in hot iron up to 5, at 60 % over water of 64.
  const ball = [hot[0] - 4, hot[1]];
  const picture = await pictureOf(page, AXIAL);
  colourAt(picture, at(ball)).forEach((level) => near(level, 0.6 * 255 + 0.4 * 64, 6, 'the hot ball'));
  // SUV 1 of 5 in hot iron is a red of 0.4; over water of 64.
  const [red, green, blue] = colourAt(picture, at([0, 10]));
  near(red, 0.6 * 102 + 0.4 * 64, 8, 'the red of warm water');
  near(green, 0.4 * 64, 8, 'the green of warm water');
  near(blue, green, 2, 'its blue');
  await page.screenshot({ path: `${shots}/fusion.png` });

  await page.getByTestId('opacity').fill('0');
  await settled(page);
  colourAt(await pictureOf(page, AXIAL), at(ball)).forEach((level) => near(level, 64, 3, 'water without overlay'));
  await page.getByTestId('opacity').fill('0.6');
  await page.getByTestId('upper').fill('20');
  await page.getByTestId('upper').press('Enter');
  await page.getByTestId('colours').selectOption('Grayscale');
  await settled(page);
  colourAt(await pictureOf(page, AXIAL), at(ball)).forEach((level) => near(level, 0.6 * ((8 / 20) * 255) + 0.4 * 64, 6, 'SUV 8 of 20 in grey'));

  // A region inside the ball measures SUV, not HU.
  await page.getByTestId(AXIAL).click({ position: { x: 10, y: 80 } });
  await page.keyboard.press('g');
  await page.getByTestId('measurements').waitFor();
  await settled(page);
  const again = await scaleOf(page, AXIAL, [0, 1]);
  const box = await page.getByTestId(AXIAL).boundingBox();
  const screen = (x, y) => [box.x + again[0](x), box.y + again[1](y)];
  await page.keyboard.press('r');
  await page.mouse.move(...screen(hot[0] - 2, hot[1] - 2));
  await page.mouse.down();
  await page.mouse.move(...screen(hot[0] + 2, hot[1] + 2), { steps: 5 });
  await page.mouse.up();
  const item = page.getByTestId('measurement');
  await item.getByText(`${words[0]} 8 ${words[1]}`).waitFor();
  await page.screenshot({ path: `${shots}/fusion-measured.png` });
  await page.keyboard.press('F');
  await page.getByTestId('opacity').waitFor({ state: 'detached' });
  assert.deepEqual((await pointed(page, AXIAL, [again[0](0), again[1](10)])).values, ['0 HU']);
  assert.deepEqual(problems, []);
}
