// Are three planes of a volume right: a marker where it is in the patient, sizes, slabs, turning, and the way back?
import assert from 'node:assert/strict';
import { brightMiddle, colourAt, near, openVolume, pictureOf, pointed, scaleOf, settled } from './planes.mjs';

const NAMES = ['axial', 'sagittal', 'coronal'];
const pane = (name) => `plane-${name}`;

export async function run({ page, base, problems, study, shots, marker, bar, step, shot = 'planes', tilt }) {
  await openVolume(page, base, study);
  const letters = (name) => Promise.all(['right', 'top'].map((side) => page.getByTestId(pane(name)).getByTestId(`letter-${side}`).textContent()));
  assert.deepEqual(await Promise.all(NAMES.map(letters)), [['L', 'A'], ['P', 'H'], ['L', 'H']]);
  if (tilt) assert.match(await page.getByTestId('tilt').textContent(), new RegExp(tilt));

  // To the slice of the marker: up is towards the head.
  const z0 = (await pointed(page, pane('axial'), [200, 200])).place[2];
  for (let n = Math.round((marker[2] - z0) / step); n > 0; n -= 1) await page.keyboard.press('ArrowUp');
  await settled(page);
  if (!tilt) {
    // The marker is drawn where it lies, and its voxels are told.
    const seen = await pointed(page, pane('axial'), brightMiddle(await pictureOf(page, pane('axial'))));
    marker.forEach((v, axis) => near(seen.place[axis], v, 0.2, `the marker's coordinate ${axis} in the axial plane`));
    assert.deepEqual(seen.values, ['2000 HU']);
  }
  const [x, y] = await scaleOf(page, pane('axial'), [0, 1]);
  await page.keyboard.press('t');
  const axial = await page.getByTestId(pane('axial')).boundingBox();
  await page.mouse.click(axial.x + x(marker[0]), axial.y + y(marker[1]));
  await settled(page);
  const tolerance = tilt ? 0.6 : 0.2;
  for (const name of ['sagittal', 'coronal']) {
    const { place } = await pointed(page, pane(name), brightMiddle(await pictureOf(page, pane(name))));
    marker.forEach((v, axis) => near(place[axis], v, tolerance, `the marker's coordinate ${axis} in the ${name} plane`));
  }
  await page.keyboard.press('w');
  await page.screenshot({ path: `${shots}/${shot}.png` });
  if (!tilt) {
    await measured(page, bar);
    await slabs(page, marker);
    await turned(page);
    await page.screenshot({ path: `${shots}/oblique.png` });
  }
  await page.keyboard.press('Escape');
  await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  assert.deepEqual(problems, []);
}

/** Measure the bar from head to foot on the coronal plane, between the edges that are drawn. */
async function measured(page, bar) {
  await page.getByTestId(pane('coronal')).click({ position: { x: 8, y: 60 } });
  await page.keyboard.press('Enter');
  await page.getByTestId(pane('axial')).waitFor({ state: 'detached' });
  await page.locator(`[data-testid="${pane('coronal')}"][data-shown="true"]`).waitFor();
  // The panel takes room when it opens: open it first, so that the image stays where it is.
  await page.keyboard.press('g');
  await page.getByTestId('measurements').waitFor();
  await settled(page);
  for (let n = Math.round((bar.place[1] - (await pointed(page, pane('coronal'), [100, 100])).place[1]) / bar.step); n > 0; n -= 1) await page.keyboard.press('ArrowDown');
  await settled(page);
  const [x] = await scaleOf(page, pane('coronal'), [0, 2]);
  const picture = await pictureOf(page, pane('coronal'));
  const column = Math.round(x(bar.place[0]));
  const levels = Array.from({ length: Math.floor(picture.height / picture.ratio) }, (_, y) => colourAt(picture, [column, y])[0]);
  // Half way between water and the bar.
  const edges = levels.flatMap((level, y) => (y > 0 && (level > 127) !== (levels[y - 1] > 127) ? [y - 1 + (127.5 - levels[y - 1]) / (level - levels[y - 1])] : []));
  assert.equal(edges.length, 2, `edges at ${edges}`);
  const [top, bottom] = edges.map(Math.round);
  const box = await page.getByTestId(pane('coronal')).boundingBox();
  await page.keyboard.press('l');
  await page.mouse.move(box.x + column, box.y + top);
  await page.mouse.down();
  await page.mouse.move(box.x + column, box.y + (top + bottom) / 2, { steps: 3 });
  await page.mouse.move(box.x + column, box.y + bottom, { steps: 3 });
  await page.mouse.up();
  const item = page.getByTestId('measurement');
  await item.getByText(/\d mm$/).waitFor();
  await page.waitForTimeout(300);
  const mm = Number(/([\d.]+) mm/.exec(await item.textContent())[1]);
  near(mm, (bar.length * (bottom - top)) / (edges[1] - edges[0]), 0.1, 'the length of the bar');
  assert.match(await item.textContent(), /Plane of the volume/);
  await page.keyboard.press('g');
  await page.keyboard.press('w');
  await page.keyboard.press('Enter');
  await page.locator(`[data-testid="${pane('axial')}"][data-shown="true"]`).waitFor();
}

/** Slabs through the middle of the body: what is inside shows, what is outside does not. */
async function slabs(page, marker) {
  await page.getByTestId(pane('axial')).click({ position: { x: 8, y: 60 } });
  await page.keyboard.press('Backspace');
  await settled(page);
  const scales = await scaleOf(page, pane('axial'), [0, 1]);
  const at = ([a, b]) => [scales[0](a), scales[1](b)];
  const shown = async (blend, thickness, place) => {
    await page.getByTestId('blend').selectOption(blend);
    if (thickness) await page.getByTestId('thickness').fill(String(thickness));
    await settled(page);
    return colourAt(await pictureOf(page, pane('axial')), at(place))[0];
  };
  const beside = [0, 12];
  // In the window 400/1600 water is 64, the bar 191 of 255 (PS3.3 C.11.2.1.2).
  near(await shown('maximum', 20, marker), 64, 3, 'the marker outside of a slab');
  near(await shown('maximum', 40, marker), 255, 1, 'the marker inside of a slab');
  near(await shown('maximum', 40, beside), 64, 3, 'water in a slab');
  near(await shown('minimum', 20, [-12, 8]), 191, 3, 'the least of the bar inside of it');
  near(await shown('minimum', 50, [-12, 8]), 64, 3, 'the least of a slab longer than the bar');
  // Three layers of 1.25 mm with 2000 HU among water, 40 mm of them: about 190 HU.
  near(await shown('average', 40, marker), 94, 8, 'the average of a slab');
  await shown('thin', 0, beside);
}

/** Turn the planes by keys and by the mouse, and straighten them again. */
async function turned(page) {
  const way = async () => (await page.getByTestId(pane('axial')).getByTestId('cut-coronal').getAttribute('data-way')).split(' ').map(Number);
  const angle = async () => { const [right, down] = await way(); return (Math.atan(-down / right) * 180) / Math.PI; };
  for (let n = 0; n < 6; n += 1) await page.keyboard.press(',');
  near(await angle(), 30, 0.01, 'the turn by keys');
  await page.getByTestId(pane('coronal')).getByText('oblique').waitFor();
  assert.equal(await page.getByTestId(pane('coronal')).getByTestId('letter-right').textContent(), 'LA');
  const ring = await page.getByTestId(pane('axial')).getByTestId('ring-coronal').first().boundingBox();
  const cross = await page.getByTestId(pane('axial')).getByTestId('cross').boundingBox();
  const middle = ({ x, y, width, height }) => [x + width / 2, y + height / 2];
  const [[rx, ry], [cx, cy]] = [middle(ring), middle(cross)];
  await page.mouse.move(rx, ry);
  await page.mouse.down();
  // Back to where the line is level.
  await page.mouse.move(cx + Math.sign(rx - cx) * Math.hypot(rx - cx, ry - cy), cy, { steps: 5 });
  await page.mouse.up();
  near(await angle(), 0, 1.5, 'the turn by the mouse');
  await page.keyboard.press('A');
  near(await angle(), 0, 1e-6, 'the straightened plane');
  // A line moves its own plane alone, by as much as it is dragged.
  const before = (await pointed(page, pane('axial'), [300, 300])).place;
  const slice = () => page.getByTestId(pane('sagittal')).getByTestId('slice').textContent();
  const was = await slice();
  await page.mouse.move(cx, cy + 150);
  await page.mouse.down();
  await page.mouse.move(cx + 40, cy + 170, { steps: 4 });
  await page.mouse.up();
  assert.notEqual(await slice(), was);
  assert.deepEqual((await pointed(page, pane('axial'), [300, 300])).place, before);
  // The wheel goes through the slices of the plane below it.
  const coronal = page.getByTestId(pane('coronal'));
  const number = await coronal.getByTestId('slice').textContent();
  await coronal.hover({ position: { x: 60, y: 100 } });
  await page.mouse.wheel(0, 100);
  await page.waitForTimeout(200);
  assert.notEqual(await coronal.getByTestId('slice').textContent(), number);
  for (let n = 0; n < 3; n += 1) await page.keyboard.press(',');
}
