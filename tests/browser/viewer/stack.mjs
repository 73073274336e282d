// Is a CT stack shown, scrolled, windowed, turned and left as a reader expects? Against values known from the phantom.
import assert from 'node:assert/strict';
import { pixelsOf } from '../chromium.mjs';

const first = (page) => page.getByTestId('cell-0');
const text = (page, id) => first(page).getByTestId(id).textContent();
const at = ({ width, data }, x, y) => data[Math.round(y) * width + Math.round(x)];

/** Find the box of bright pixels around the middle: the square of the phantom. */
function square(picture) {
  const [cx, cy] = [picture.width / 2, picture.height / 2];
  const reach = (dx, dy) => { let n = 0; while (at(picture, cx + dx * n, cy + dy * n) > 200) n += 1; return n; };
  return [reach(-1, 0), reach(1, 0), reach(0, -1), reach(0, 1)];
}

export async function run({ page, base, problems, study, shots }) {
  // The preview must be there before the image: the image's own bytes are held back.
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route('**/frames/*', async (route) => { await held; await route.continue(); });
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  await page.getByTestId('cell-1').waitFor();
  const preview = page.getByTestId('preview');
  await preview.evaluate((image) => image.decode());
  const before = await preview.evaluate((image) => {
    const copy = new OffscreenCanvas(image.clientWidth, image.clientHeight);
    const context = copy.getContext('2d');
    const scale = Math.min(copy.width / image.naturalWidth, copy.height / image.naturalHeight);
    const [w, h] = [image.naturalWidth * scale, image.naturalHeight * scale];
    context.drawImage(image, (copy.width - w) / 2, (copy.height - h) / 2, w, h);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    return { width: copy.width, height: copy.height, data: Array.from(data.filter((_, i) => i % 4 === 0)) };
  });
  await page.screenshot({ path: `${shots}/preview.png` });
  release();
  await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  const after = await pixelsOf(page);
  square(before).forEach((reach, side) => assert.ok(Math.abs(reach - square(after)[side]) <= 2, `jump: ${square(before)} to ${square(after)}`));
  await page.screenshot({ path: `${shots}/stack.png` });

  assert.equal(await text(page, 'image-number'), 'Image 13 of 24');
  assert.equal(await text(page, 'window'), 'C 40 W 400');
  assert.equal(await text(page, 'letter-right'), 'L');
  assert.equal(await text(page, 'letter-top'), 'A');
  const middle = [after.width / 2, after.height / 2 + 120];
  // Water, 0 HU, in the window 40/400: (0 - (40 - 0.5)) / 399 + 0.5 of 255 (PS3.3 C.11.2.1.2).
  assert.ok(Math.abs(at(after, ...middle) - 102) <= 2, `water is ${at(after, ...middle)}`);

  const number = async (expected) => { await first(page).getByTestId('image-number').getByText(`Image ${expected} of 24`).waitFor(); };
  const canvas = page.locator('[data-testid="cell-0"] .viewport-element');
  await canvas.hover();
  await page.mouse.wheel(0, 100);
  await number(14);
  await page.keyboard.press('ArrowUp');
  await number(13);
  await page.keyboard.press('End');
  await number(24);
  await page.keyboard.press('Home');
  await number(1);
  await page.keyboard.press('PageDown');
  await number(11);

  const windowed = (words) => first(page).getByTestId('window').getByText(words, { exact: true }).waitFor();
  await page.keyboard.press('2');
  await windowed('C 300 W 1500');
  await page.keyboard.press('3');
  await windowed('C -600 W 1500');
  const box = await canvas.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const drag = async (button, dx, dy) => {
    await page.mouse.move(x, y);
    await page.mouse.down({ button });
    await page.mouse.move(x + dx, y + dy, { steps: 4 });
    await page.mouse.up({ button });
  };
  await drag('left', 60, 0);
  assert.notEqual(await text(page, 'window'), 'C -600 W 1500');
  await page.keyboard.press('1');
  await windowed('C 40 W 400');

  const shown = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.keyboard.press('v');
  await shown();
  const inverted = await pixelsOf(page);
  assert.ok(Math.abs(at(inverted, ...middle) - 153) <= 2, `inverted water is ${at(inverted, ...middle)}`);
  await page.keyboard.press('v');
  await drag('right', 0, -80);
  await drag('middle', 50, 30);
  await shown();
  assert.notDeepEqual(square(await pixelsOf(page)), square(after));
  await page.keyboard.press('Backspace');
  await shown();
  square(await pixelsOf(page)).forEach((reach, side) => assert.ok(Math.abs(reach - square(after)[side]) <= 1));

  await page.keyboard.press('o');
  await first(page).getByTestId('letter-top').getByText('R', { exact: true }).waitFor();
  assert.equal(await text(page, 'letter-right'), 'A');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('x');
  await first(page).getByTestId('letter-right').getByText('R', { exact: true }).waitFor();
  await page.keyboard.press('x');
  await first(page).getByTestId('letter-right').getByText('L', { exact: true }).waitFor();

  // The other series carries a hostile description; it is text.
  assert.equal(await page.getByTestId('series').count(), 2);
  await page.keyboard.press(']');
  await first(page).getByTestId('letter-top').getByText('H', { exact: true }).waitFor();
  assert.ok(await page.getByText('Sagittal <img src=x onerror=alert(1)>').first().isVisible());
  await page.screenshot({ path: `${shots}/series.png` });
  await page.keyboard.press('?');
  await page.locator('dialog[open]').waitFor();
  await page.screenshot({ path: `${shots}/keys.png` });
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.waitForURL(base);
  assert.deepEqual(problems, []);
}
