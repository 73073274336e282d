// Does a whole slide show every tile in its place at every zoom, with a scale bar that is right?
import assert from 'node:assert/strict';

export async function run({ page, base, problems, study, square, shots }) {
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  const slide = page.getByTestId('slide');
  await slide.waitFor();
  const settled = () => page.waitForFunction(() => document.querySelector('[data-testid="slide"]').dataset.missing === '0' && document.querySelector('[data-testid="slide"]').width > 300);
  const state = () => slide.evaluate(({ dataset, clientWidth, clientHeight }) => ({ x: Number(dataset.x), y: Number(dataset.y), scale: Number(dataset.scale), level: Number(dataset.level), w: clientWidth, h: clientHeight }));
  /** Read the canvas where a pixel of the finest level is drawn. */
  const at = async (x, y) => {
    const { x: cx, y: cy, scale, w, h } = await state();
    return slide.evaluate((canvas, [left, top]) => Array.from(canvas.getContext('2d').getImageData(left, top, 1, 1).data.slice(0, 3)), [Math.floor((x + 0.5 - cx) * scale + w / 2), Math.floor((y + 0.5 - cy) * scale + h / 2)]);
  };
  const colour = (x, y) => [20 + 28 * Math.floor(x / 250), 20 + 35 * Math.floor(y / 250), 120];
  const near = (found, wanted, by) => wanted.every((value, i) => Math.abs(found[i] - value) <= by);
  const isRight = async (points) => { for (const [x, y] of points) assert.ok(near(await at(x, y), colour(x, y), 8), `at ${x}, ${y}: ${await at(x, y)} instead of ${colour(x, y)}`); };
  const EVERYWHERE = [[60, 60], [375, 125], [625, 875], [1125, 375], [1625, 1125], [1930, 1430]];

  // Whole: the level of half the size (JPEG, as stored) is fine enough.
  await settled();
  assert.equal((await state()).level, 1);
  await isRight(EVERYWHERE);
  await page.screenshot({ path: `${shots}/slide.png` });

  const box = await slide.boundingBox();
  const bar = async () => { const found = page.getByTestId('scale-bar'); return { text: await found.textContent(), width: (await found.boundingBox()).width }; };
  const barIsRight = async () => {
    const { text, width } = await bar();
    const [, length, unit] = /^([\d.]+) (µm|mm)$/.exec(text);
    const mm = Number(length) / (unit === 'mm' ? 1 : 1000);
    const wanted = (mm / 0.0005) * (await state()).scale;
    assert.ok(Math.abs(width - wanted) < 5, `${text} is ${width} wide instead of ${wanted}`);
  };
  await barIsRight();

  // Zoom where the pointer is: what lies under it stays under it.
  const [left, top, side] = square;
  const before = await state();
  const pointer = [(left + side / 2 - before.x) * before.scale + before.w / 2, (top + side / 2 - before.y) * before.scale + before.h / 2].map(Math.round);
  const under = ({ x, y, scale, w, h }) => [(pointer[0] - w / 2) / scale + x, (pointer[1] - h / 2) / scale + y];
  await page.mouse.move(box.x + pointer[0], box.y + pointer[1]);
  for (let i = 0; i < 6; i += 1) await page.mouse.wheel(0, -200);
  await page.waitForFunction((scale) => Number(document.querySelector('[data-testid="slide"]').dataset.scale) > scale * 10, before.scale);
  await settled();
  const after = await state();
  assert.equal(after.level, 0);
  under(before).forEach((place, axis) => assert.ok(Math.abs(place - under(after)[axis]) < 0.5, `the slide moved under the pointer: ${under(before)} to ${under(after)}`));
  // The square is where it is, to the pixel.
  for (const [x, y, isWhite] of [[left, top, true], [left + side - 1, top + side - 1, true], [left - 1, top + 5, false], [left + side, top + 5, false], [left + 5, top - 1, false], [left + 5, top + side, false]]) {
    const found = await at(x, y);
    assert.equal(near(found, [255, 255, 255], 30), isWhite, `at ${x}, ${y}: ${found}`);
  }
  await barIsRight();
  await page.screenshot({ path: `${shots}/slide-near.png` });

  // Dragging moves by as much; the keyboard can all of it.
  await page.mouse.move(box.x + 300, box.y + 300);
  await page.mouse.down();
  await page.mouse.move(box.x + 380, box.y + 260, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction((x) => Math.abs(Number(document.querySelector('[data-testid="slide"]').dataset.x) - x) > 1, after.x);
  const dragged = await state();
  assert.ok(Math.abs((after.x - dragged.x) * after.scale - 80) < 1 && Math.abs((dragged.y - after.y) * after.scale - 40) < 1);
  await slide.focus();
  await page.keyboard.press('-');
  await page.waitForFunction((scale) => Number(document.querySelector('[data-testid="slide"]').dataset.scale) < scale, dragged.scale);
  await page.keyboard.press('0');
  await page.waitForFunction((scale) => Math.abs(Number(document.querySelector('[data-testid="slide"]').dataset.scale) - scale) < 1e-6, before.scale);

  // Small: the sparse level, whose frames are in no order.
  for (let i = 0; i < 2; i += 1) await page.getByRole('button', { name: 'Zoom out' }).click();
  await settled();
  assert.equal((await state()).level, 2);
  await isRight(EVERYWHERE);

  // A click into the overview goes there.
  const small = await page.getByTestId('slide-overview').boundingBox();
  await page.keyboard.press('+');
  await page.mouse.click(small.x + small.width * 0.75, small.y + small.height * 0.25);
  await page.waitForFunction(() => Math.abs(Number(document.querySelector('[data-testid="slide"]').dataset.x) - 1500) < 30);
  await page.getByRole('button', { name: 'Label' }).click();
  await page.getByTestId('slide-picture').evaluate((image) => image.decode());
  await settled();
  await page.screenshot({ path: `${shots}/slide-label.png` });
  assert.deepEqual(problems.filter((problem) => !problem.includes('422')), []);
}
