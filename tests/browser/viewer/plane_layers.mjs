// Do segments, outlines and doses lie on the planes of a volume where they lie in the patient, on turned planes too?
import assert from 'node:assert/strict';
import { near, openVolume, pointed, scaleOf, settled } from './planes.mjs';

const AXES = { 'plane-axial': [0, 1], 'plane-sagittal': [1, 2], 'plane-coronal': [0, 2] };

export async function run({ page, base, problems, study, shots }) {
  await openVolume(page, base, study);
  const item = (name) => page.getByTestId('layer-item').filter({ hasText: name });
  const layer = (name) => page.getByTestId('layer').filter({ hasText: name });
  const check = (name) => layer(name).getByRole('checkbox').first();
  const open = async (name, first) => { await page.getByTestId('series').filter({ hasText: name }).click(); await item(first).waitFor(); await page.locator('[data-testid="layer"] progress').waitFor({ state: 'detached' }); };
  /** Return what the layers paint at a place of a pane, as RGBA. */
  const laid = async (pane, place) => {
    await settled(page);
    const [x, y] = await scaleOf(page, pane, AXES[pane]);
    const at = [x(place[AXES[pane][0]]), y(place[AXES[pane][1]])];
    return page.evaluate(({ id, at: [left, top] }) => {
      const canvas = document.querySelector(`[data-testid="${id}"] [data-testid="layers"]`);
      return Array.from(canvas.getContext('2d').getImageData(Math.round(left * devicePixelRatio), Math.round(top * devicePixelRatio), 1, 1).data);
    }, { id: pane, at });
  };
  const isNear = (found, wanted, by, what) => assert.ok(wanted.every((value, i) => Math.abs(found[i] - value) <= by), `${what} is ${found}, not ${wanted}`);
  const goTo = async ([x, y]) => {
    await page.keyboard.press('t');
    const scales = await scaleOf(page, 'plane-axial', [0, 1]);
    await page.getByTestId('plane-axial').click({ position: { x: scales[0](x), y: scales[1](y) } });
    await page.keyboard.press('w');
  };

  // The rod: x = 8 … 18, y = 3 … 18 mm through all slices; green, at 40 %.
  await open('Organs', 'Rod');
  await goTo([12, 10]);
  for (const pane of Object.keys(AXES)) isNear(await laid(pane, [12.5, 9, 20]), [0, 255, 0, 102], 4, `the rod on ${pane}`);
  for (const pane of Object.keys(AXES)) assert.deepEqual(await laid(pane, [-20, -12, 20]), [0, 0, 0, 0], `beside the rod on ${pane}`);
  await page.screenshot({ path: `${shots}/planes-segments.png` });
  await check('Organs').uncheck();

  // Outlines of 20 x 20 mm at z = 16 … 30 mm stand on the coronal and sagittal planes as bands.
  await open('Contours', 'PTV');
  await goTo([5, 5]);
  for (const pane of ['plane-sagittal', 'plane-coronal']) {
    isNear(await laid(pane, [7, 7, 24]), [255, 128, 0, 115], 12, `the band on ${pane}`);
    assert.deepEqual(await laid(pane, [7, 7, 40]), [0, 0, 0, 0], `above the band on ${pane}`);
    assert.deepEqual(await laid(pane, [14, 14, 24]), [0, 0, 0, 0], `beside the band on ${pane}`);
  }
  // "Go there" moves the planes: the marker is at y = 0, z = 24 mm.
  await item('Marker').getByRole('button').click();
  await settled(page);
  near((await pointed(page, 'plane-axial', [100, 100])).place[2], 24, 0.1, 'the slice of the marker');

  // The dose is 20 + x/2 + z/4 Gy wherever the pointer is, on turned planes too.
  await open('Plan dose', '95 %');
  const told = async (pane, xy) => {
    const { place } = await pointed(page, pane, xy);
    const gray = Number(/([\d.]+) Gy/.exec(await page.getByTestId(pane).getByTestId('layer-readout').textContent())[1]);
    near(gray, 20 + place[0] / 2 + place[2] / 4, 0.1, `the dose on ${pane} at ${place}`);
  };
  const middle = async (pane, dx, dy) => { const box = await page.getByTestId(pane).boundingBox(); return [box.width / 2 + dx, box.height / 2 + dy]; };
  for (const pane of Object.keys(AXES)) for (const [dx, dy] of [[20, 10], [-30, -14]]) await told(pane, await middle(pane, dx, dy));
  await page.getByTestId('plane-axial').click({ position: { x: 8, y: 60 } });
  for (let n = 0; n < 4; n += 1) await page.keyboard.press(',');
  await settled(page);
  for (const pane of Object.keys(AXES)) await told(pane, await middle(pane, 16, 8));
  await page.screenshot({ path: `${shots}/planes-layers.png` });
  assert.deepEqual(problems, []);
}
