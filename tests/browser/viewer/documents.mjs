// Are a report, a PDF, an ECG and a video shown, each as what it is?
import assert from 'node:assert/strict';

export async function run({ page, base, problems, study, report, ecg, shots }) {
  const open = (uid, more = '') => page.goto(`${base}viewer?StudyInstanceUIDs=${uid}${more}`);

  await open(report);
  await page.getByTestId('report').waitFor();
  const words = await page.getByTestId('report').textContent();
  assert.match(words, /Document Title/);
  assert.match(words, /Recording Observer's Name Enter text/);
  await page.screenshot({ path: `${shots}/report.png` });

  await open(ecg);
  const waveform = page.getByTestId('waveform');
  await waveform.waitFor();
  assert.equal(await waveform.locator('path.curve').count(), 12);
  const curve = await waveform.locator('path.curve').first().evaluate((path) => path.getBBox().width);
  // 10 s at 25 mm/s, less one sample of 1/1000 s.
  assert.ok(Math.abs(curve - 250) < 0.5, `the curve is ${curve} mm wide`);
  const box = await waveform.boundingBox();
  await page.mouse.move(box.x + 200, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + 200 + (96 / 25.4) * 25, box.y + 60, { steps: 3 });
  await page.mouse.up();
  assert.match(await page.getByTestId('callipers').textContent(), /^(999|1000|1001) ms · 60 \/min/);
  await page.screenshot({ path: `${shots}/ecg.png` });

  await open(study);
  await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  await page.getByTestId('series').filter({ hasText: 'Letter' }).click();
  const sheet = page.locator('[data-testid="pdf"] canvas').first();
  await page.locator('[data-testid="pdf"] canvas[data-drawn="true"]').first().waitFor();
  assert.equal(await page.locator('[data-testid="pdf"] canvas').count(), 2);
  const [upper, lower] = await sheet.evaluate((canvas) => [0.25, 0.75].map((part) => canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height * part, 1, 1).data[0]));
  assert.deepEqual([upper, lower], [0, 255]);
  await page.screenshot({ path: `${shots}/pdf.png` });

  await page.getByTestId('series').filter({ hasText: 'Film' }).click();
  const video = page.getByTestId('cell-0').getByTestId('video');
  await video.waitFor();
  const length = await video.evaluate(async (element) => {
    element.muted = true;
    await element.play();
    element.currentTime = 0.5;
    await new Promise((done) => { element.onseeked = done; });
    return [element.videoWidth, element.videoHeight, element.currentTime >= 0.4];
  });
  assert.deepEqual(length, [160, 120, true]);
  await page.screenshot({ path: `${shots}/video.png` });
  // A document has no drawn picture: the refused preview is the only complaint that may be there.
  assert.deepEqual(problems.filter((problem) => !problem.includes('422')), []);
}
