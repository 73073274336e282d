// Does every kind of image look as the server's own rendering, which other tests hold against pydicom and DCMTK?
import assert from 'node:assert/strict';

// Two resamplers differ at edges by this much; a wrong sign, window, plane or palette by far more.
const ALLOWED = 7;

/** Compare canvas and rendered PNG, both reduced to 48 x 48 pixels: the mean difference per channel. */
function difference(path) {
  const canvas = document.querySelector('[data-testid="cell-0"] canvas');
  const side = 48;
  const reduced = (source, width, height) => {
    const context = new OffscreenCanvas(side, side).getContext('2d');
    context.fillRect(0, 0, side, side);
    context.imageSmoothingQuality = 'high';
    const scale = Math.min(canvas.width / width, canvas.height / height);
    const [w, h] = [((width * scale) / canvas.width) * side, ((height * scale) / canvas.height) * side];
    context.drawImage(source, (side - w) / 2, (side - h) / 2, w, h);
    return context.getImageData(0, 0, side, side).data;
  };
  const image = new Image();
  image.src = `${path}/rendered?accept=image/png&viewport=${canvas.width},${canvas.height}`;
  return image.decode().then(() => {
    const [a, b] = [reduced(canvas, canvas.width, canvas.height), reduced(image, image.naturalWidth, image.naturalHeight)];
    return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / ((a.length * 3) / 4);
  });
}

export async function run({ page, base, series, shots }) {
  const wrong = [];
  for (const [name, path] of series) {
    const [, study, uid] = /studies\/(.+)\/series\/(.+)/.exec(path);
    await page.goto(`${base}viewer?StudyInstanceUIDs=${study}&SeriesInstanceUID=${uid}`);
    try {
      await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
      const differs = await page.evaluate(difference, path);
      if (!(differs < ALLOWED)) wrong.push(`${name} differs by ${differs.toFixed(2)}`);
    } catch (reason) {
      wrong.push(`${name}: ${reason.message.split('\n')[0]} ${await page.getByRole('alert').allTextContents()}`);
    }
    if (wrong.length && wrong.at(-1).startsWith(name)) await page.screenshot({ path: `${shots}/kind-${name}.png` });
  }
  assert.deepEqual(wrong, []);
}
