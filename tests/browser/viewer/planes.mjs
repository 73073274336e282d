// What do tests see of a volume? Its panes' pixels, the place in the patient under a point of the screen, and where the cross is.
import assert from 'node:assert/strict';

/** Open the active series as a volume and wait until all slices are there and drawn. */
export async function openVolume(page, base, study) {
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  await page.keyboard.press('M');
  await page.locator('[data-testid="volume"][data-loaded="true"]').waitFor();
  for (const name of ['axial', 'sagittal', 'coronal']) await page.locator(`[data-testid="plane-${name}"][data-shown="true"]`).waitFor();
  await settled(page);
}

/** Wait until slices that came last are drawn: the page draws them at most every 300 ms. */
export async function settled(page) {
  await page.waitForTimeout(500);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Read a pane's canvas: RGBA, and how many canvas pixels a CSS pixel has. */
export async function pictureOf(page, pane) {
  const { encoded, ...size } = await page.evaluate((id) => {
    const canvas = document.querySelector(`[data-testid="${id}"] canvas`);
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const context = copy.getContext('2d');
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    // As one string: an array of millions of numbers takes many seconds to come over.
    const parts = [];
    for (let from = 0; from < data.length; from += 32768) parts.push(String.fromCharCode(...data.subarray(from, from + 32768)));
    return { width: canvas.width, height: canvas.height, ratio: canvas.width / canvas.clientWidth, encoded: btoa(parts.join('')) };
  }, pane);
  return { ...size, data: Buffer.from(encoded, 'base64') };
}

export const colourAt = ({ width, data, ratio }, [x, y]) => { const at = 4 * (Math.round(y * ratio) * width + Math.round(x * ratio)); return [...data.subarray(at, at + 3)]; };

/** Return the middle of all pixels brighter than a level, in CSS pixels of the pane. */
export function brightMiddle({ width, data, ratio }, level = 250) {
  let [n, sx, sy] = [0, 0, 0];
  for (let i = 0; i < data.length / 4; i += 1) if (data[4 * i] > level) { n += 1; sx += i % width; sy += Math.floor(i / width); }
  assert.ok(n > 10, 'nothing is bright');
  return [(sx / n + 0.5) / ratio, (sy / n + 0.5) / ratio];
}

/** Point to a place of a pane; return what is told of it: the place in mm and the values. */
export async function pointed(page, pane, [x, y]) {
  const box = await page.getByTestId(pane).boundingBox();
  await page.mouse.move(box.x + x, box.y + y);
  const told = page.getByTestId(pane).getByTestId('place');
  await told.waitFor();
  await page.waitForTimeout(50);
  const under = page.getByTestId(pane).getByTestId('under');
  return { place: (await told.textContent()).replace(' mm', '').split(', ').map(Number), values: await under.locator('.value').allTextContents() };
}

/** Return the mapping from places to the screen of a pane, out of two corners that are pointed to. */
export async function scaleOf(page, pane, axes) {
  const box = await page.getByTestId(pane).boundingBox();
  const [from, to] = [[40, 60], [Math.floor(box.width) - 40, Math.floor(box.height) - 60]];
  const [a, b] = [await pointed(page, pane, from), await pointed(page, pane, to)];
  return axes.map((axis, i) => (v) => from[i] + ((v - a.place[axis]) / (b.place[axis] - a.place[axis])) * (to[i] - from[i]));
}

export const near = (got, expected, tolerance, what) => assert.ok(Math.abs(got - expected) <= tolerance, `${what} is ${got}, not ${expected}`);
