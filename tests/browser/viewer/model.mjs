// Does a volume look like a solid body, from the side that is asked for, and does it turn?
import assert from 'node:assert/strict';
import { openVolume, pictureOf, settled } from './planes.mjs';

export async function run({ page, base, problems, study, shots }) {
  // Without a graphics processor every picture of a body takes seconds.
  page.setDefaultTimeout(60_000);
  await openVolume(page, base, study);
  await page.keyboard.press('D');
  const model = page.locator('[data-testid="model"][data-shown="true"]');
  await model.waitFor();
  const letters = () => Promise.all(['right', 'top'].map((side) => model.getByTestId(`letter-${side}`).textContent()));
  assert.deepEqual(await letters(), ['L', 'H']);
  await settled(page);
  // From the front the bar is to the patient's right, that is on the left, and the marker on the right.
  const columns = async () => {
    const { width, data } = await pictureOf(page, 'model');
    const n = [0, 0];
    for (let i = 0; i < data.length / 4; i += 1) if (data[4 * i] > 40) n[i % width < width / 2 ? 0 : 1] += 1;
    return n;
  };
  const [left, right] = await columns();
  assert.ok(left > 5 * right && right > 4, `${left} pixels on the left, ${right} on the right`);
  await page.screenshot({ path: `${shots}/model.png` });
  const named = (words) => model.getByTestId('letter-right').getByText(words, { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Look from: Back' }).click();
  await named('R');
  await settled(page);
  const [behind, beyond] = await columns();
  assert.ok(beyond > 5 * behind, `${behind} pixels on the left, ${beyond} on the right from behind`);
  await page.getByRole('button', { name: 'Look from: Head' }).click();
  await model.getByTestId('letter-top').getByText('A', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Look from: Front' }).click();
  await named('L');
  // Six arrows to the right turn it by a quarter: its front is now on the right of the screen.
  for (let n = 0; n < 6; n += 1) await page.keyboard.press('ArrowRight');
  await named('A');
  // Water is clear in the look of bone, not in that of soft tissue.
  await page.getByTestId('model-style').selectOption('softTissue');
  await settled(page);
  const soft = await columns();
  assert.ok(soft[0] + soft[1] > 3 * (left + right), `${soft} pixels of soft tissue`);
  await page.screenshot({ path: `${shots}/model-soft.png` });
  assert.deepEqual(problems, []);
}
