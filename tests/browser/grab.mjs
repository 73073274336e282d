// Which colour has a place of the canvas? A copy of a cell's picture as one string, so that large ones come quickly.

/** Read the canvas of a cell; `at(x, y)` gives red, green and blue of a canvas pixel. */
export async function grab(page, cell = 'cell-0') {
  const { width, height, packed } = await page.evaluate((id) => {
    const canvas = document.querySelector(`[data-testid="${id}"] canvas.cornerstone-canvas`);
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let text = '';
    for (let i = 0; i < data.length; i += 32768) text += String.fromCharCode(...data.subarray(i, i + 32768));
    return { width: canvas.width, height: canvas.height, packed: btoa(text) };
  }, cell);
  const data = Buffer.from(packed, 'base64');
  return { width, height, at: (x, y) => { const i = (Math.round(y - 0.5) * width + Math.round(x - 0.5)) * 4; return [data[i], data[i + 1], data[i + 2]]; } };
}
