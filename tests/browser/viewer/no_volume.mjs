// What is no volume says so in a sentence, and the images come back.
import assert from 'node:assert/strict';

export async function run({ page, base, problems, cases, shots }) {
  for (const { study, words } of cases) {
    const release = await heldBack(page);
    await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
    await page.locator('[data-testid="cell-0"] canvas').waitFor();
    // The reader is quicker than the archive: there is nothing yet to turn, mirror or fit into a window of another size.
    const { width, height } = page.viewportSize();
    await page.setViewportSize({ width: width - 100, height });
    for (const key of ['o', 'x', 'y', 'f', '=', 'v', 'Backspace']) await page.keyboard.press(key);
    release();
    await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
    await page.setViewportSize({ width, height });
    // Air is white now: the whole image stands in the middle of its cell, whatever the size of the window became.
    await page.keyboard.press('v');
    await page.waitForFunction(isMiddled);
    await page.keyboard.press('v');
    await page.keyboard.press('M');
    await page.getByTestId('refusal').getByText(words).waitFor();
    await page.screenshot({ path: `${shots}/no-volume.png` });
    await page.getByRole('alert').getByRole('button').click();
    await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  }
  // Without a graphics processor Cornerstone complains to the console; the reader has the sentence.
  assert.deepEqual(problems.filter((words) => words !== 'no webgl context'), []);
}

/** Hold every frame back until the returned function is called. */
async function heldBack(page) {
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  await page.route('**/frames/*', async (route) => { await released; await route.continue(); });
  return release;
}

/** Say, in the page, whether the canvas is as large as its element and what it shows is in its middle. */
function isMiddled() {
  const canvas = document.querySelector('[data-testid="cell-0"] canvas');
  if (canvas.width !== canvas.clientWidth * devicePixelRatio) return false;
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext('2d');
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, Math.floor(canvas.height / 2), canvas.width, 1);
  const lit = Array.from({ length: canvas.width }, (_, x) => x).filter((x) => data[4 * x] > 8);
  return lit.length > 50 && Math.abs((lit[0] + lit.at(-1)) / 2 - canvas.width / 2) < canvas.width / 100;
}
