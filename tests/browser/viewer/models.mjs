// Are models seen from every side at their true proportions, and is a CDA document read without being obeyed?
import assert from 'node:assert/strict';

/** Measure what is drawn: the box of pixels unlike the background, and the colour in its middle. */
const drawn = (page) => page.getByTestId('model').evaluate(async (canvas) => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))));
  const context = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
  context.drawImage(canvas, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
  const box = { left: width, right: -1, top: height, bottom: -1 };
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const i = (y * width + x) * 4;
      if (Math.abs(data[i] - 11) + Math.abs(data[i + 1] - 14) + Math.abs(data[i + 2] - 18) < 30) continue;
      Object.assign(box, { left: Math.min(box.left, x), right: Math.max(box.right, x), top: Math.min(box.top, y), bottom: Math.max(box.bottom, y) });
    }
  }
  const middle = (Math.round((box.top + box.bottom) / 2) * width + Math.round((box.left + box.right) / 2)) * 4;
  return { width: box.right - box.left + 1, height: box.bottom - box.top + 1, colour: Array.from(data.slice(middle, middle + 3)), scale: Number(canvas.dataset.scale) * devicePixelRatio };
});

export async function run({ page, base, problems, study, shots }) {
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  const model = page.getByTestId('model');
  await page.getByTestId('series').filter({ hasText: 'Box' }).click();
  await model.waitFor();
  await page.waitForFunction(() => Number(document.querySelector('[data-testid="model"]').dataset.scale) > 0);
  assert.equal(await page.getByTestId('model-size').textContent(), '40.0 × 20.0 × 10.0 mm');
  const isSeen = async (across, up, from) => {
    const { width, height, scale } = await drawn(page);
    assert.ok(Math.abs(width - across * scale) <= 2 && Math.abs(height - up * scale) <= 2, `from ${from} it is ${width / scale} x ${height / scale} mm`);
  };
  await isSeen(40, 10, 'the front');
  await page.getByRole('button', { name: 'From the left of the patient' }).click();
  await isSeen(20, 10, 'the left');
  await page.getByRole('button', { name: 'From the head' }).click();
  await isSeen(40, 20, 'the head');
  // Half a turn of the mouse: the same silhouette; an eighth: a wider one.
  await page.getByRole('button', { name: 'From the front', exact: true }).click();
  const box = await model.boundingBox();
  const quarter = Math.max(200, Math.min(box.width, box.height)) / 2;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + quarter, y, { steps: 5 });
  await page.mouse.up();
  await isSeen(20, 10, 'a quarter turn');
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - quarter / 2, y + quarter / 3, { steps: 5 });
  await page.mouse.up();
  const oblique = await drawn(page);
  assert.ok(oblique.width / oblique.scale > 35 && oblique.height / oblique.scale > 15);
  await page.screenshot({ path: `${shots}/model.png` });
  await model.focus();
  await page.keyboard.press('0');
  await isSeen(40, 10, 'the front again');
  await page.mouse.wheel(0, -400);
  await page.waitForFunction((scale) => Number(document.querySelector('[data-testid="model"]').dataset.scale) > 1.5 * scale, oblique.scale);
  await isSeen(40, 10, 'nearer');
  await page.getByTestId('model-part').getByRole('checkbox').uncheck();
  assert.ok((await drawn(page)).width <= 0);

  await page.getByTestId('series').filter({ hasText: 'Leaf' }).click();
  await page.getByTestId('model-size').getByText('30.0 × 0.0 × 30.0 mm').waitFor();
  await page.waitForFunction(() => Number(document.querySelector('[data-testid="model"]').dataset.scale) > 0);
  const leaf = await drawn(page);
  assert.ok(leaf.colour[1] > 150 && leaf.colour[0] < 30 && leaf.colour[2] < 30, `the leaf is ${leaf.colour}`);

  await page.getByTestId('series').filter({ hasText: 'CDA letter' }).click();
  const letter = page.getByTestId('letter');
  await letter.getByRole('heading', { name: 'Discharge summary 出院小结' }).waitFor();
  for (const words of ['XiaoDong Wang', '1970-01-01', '2026-11-20 14:15', 'Dr Roe', 'nodule', 'normal', 'second <img src=x onerror=alert(1)>']) await letter.getByText(words, { exact: true }).waitFor();
  assert.equal(await letter.locator('ol li').count(), 2);
  assert.equal(await letter.locator('td[colspan="2"]').count(), 1);
  assert.equal(await letter.locator('strong').textContent(), 'nodule');
  assert.equal(await letter.locator('img, script').count(), 0);
  assert.ok(!(await letter.textContent()).includes('pwned'));
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  await page.screenshot({ path: `${shots}/letter.png` });
  assert.deepEqual(problems.filter((problem) => !problem.includes('422')), []);
}
