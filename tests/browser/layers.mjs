// What is painted over an image at one of its pixels? Read from the canvas of the layers, for a square image that fits its cell.

/** Return red, green, blue and alpha at a pixel (its middle) of an image of `size` x `size` pixels. */
export async function layerPixel(page, size, column, row, cell = 'cell-0') {
  // The next drawn frame has what was clicked before.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return page.evaluate(({ size: pixels, column: x, row: y, cell: id }) => {
    const canvas = document.querySelector(`[data-testid="${id}"] [data-testid="layers"]`);
    const side = Math.min(canvas.width, canvas.height) / pixels;
    const at = (whole, place) => Math.floor(whole / 2 + (place + 0.5 - pixels / 2) * side);
    return Array.from(canvas.getContext('2d').getImageData(at(canvas.width, x), at(canvas.height, y), 1, 1).data);
  }, { size, column, row, cell });
}
