// Is every value as bright as the standard says: by window functions, tables, shutters, overlays, colour maps and presentation states?
import assert from 'node:assert/strict';
import { grab } from '../grab.mjs';

const SIDE = 64;

/** Read the colour of the middle of a pixel of the image that fills the cell; `area` is what is seen of it. */
async function reader(page, area = [0, 0, SIDE, SIDE]) {
  const picture = await grab(page);
  const [left, top, right, bottom] = area;
  const scale = Math.min(picture.width / (right - left), picture.height / (bottom - top));
  return (x, y) => picture.at(picture.width / 2 + (x + 0.5 - (left + right) / 2) * scale, picture.height / 2 + (y + 0.5 - (top + bottom) / 2) * scale);
}
const near = (is, expected, what, by = 2) => assert.ok(Math.abs(is - expected) <= by, `${what} is ${is}, not ${expected}`);

export async function run({ page, base, problems, shots, tables, modality, sigmoid, presented }) {
  const open = async (study, query = '') => {
    await page.goto(`${base}viewer?StudyInstanceUIDs=${study}${query}`);
    await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  };
  const settled = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))));
  const window = (words) => page.getByTestId('window').getByText(words, { exact: true }).waitFor();

  await open(sigmoid);
  let at = await reader(page);
  for (const x of [4, 24, 32, 40, 60]) near(at(x, 30)[0], 255 / (1 + Math.exp((-4 * (x * 64 - 2048)) / 1024)), `sigmoid at ${x}`);
  await window('C 2048 W 1024');

  await open(modality);
  at = await reader(page);
  for (const x of [1, 20, 45, 63]) near(at(x, 30)[0], ((1000 + 8 * x - 1000) / 512) * 255, `modality LUT at ${x}`);

  await open(tables);
  await window('SQUARES');
  at = await reader(page);
  for (const x of [10, 30, 45]) near(at(x, 40)[0], ((x * 64) / 4095) ** 2 * 255, `squares at ${x}`, 3);
  near(at(28, 14)[0], 255, 'overlay');
  near(at(22, 11)[0], ((22 * 64) / 4095) ** 2 * 255, 'beside the overlay', 3);
  near(at(32, 52)[0], 255, 'embedded overlay');
  near(at(0, 0)[0], 128, 'shutter');
  near(at(1, 31)[0], 0, 'inside of the shutter', 3);
  await page.screenshot({ path: `${shots}/tables.png` });
  await page.keyboard.press('2');
  await window('DOWN');
  await settled();
  at = await reader(page);
  near(at(45, 40)[0], 255 - ((45 * 64) / 4095) * 255, 'the other table', 3);
  await page.keyboard.press('I');
  await settled();
  at = await reader(page);
  near(at(28, 14)[0], 255 - ((28 * 64) / 4095) * 255, 'no overlay', 3);
  await page.keyboard.press('I');
  // Hot iron: red first, then green, then blue (PS3.6 B.1.1).
  await page.keyboard.press('U');
  await settled();
  at = await reader(page);
  const [r, g, b] = at(45, 40);
  const shade = 255 - ((45 * 64) / 4095) * 255;
  near(r, Math.min(255, shade * 2), 'red', 4);
  near(g, Math.max(0, shade - 128) * 2, 'green', 4);
  near(b, 0, 'blue');
  await page.screenshot({ path: `${shots}/colours.png` });
  // A drag of the window takes the place of the table.
  await page.mouse.move(500, 400);
  await page.mouse.down();
  await page.mouse.move(560, 400, { steps: 4 });
  await page.mouse.up();
  await page.getByTestId('window').getByText(/^C /).waitFor();
  await page.keyboard.press('Backspace');
  await window('SQUARES');

  await open(presented);
  at = await reader(page);
  near(at(40, 40)[0], (40 * 64 - 0) / 4095 * 255, 'as stored');
  await page.getByRole('button', { name: 'Colours and presentation' }).click();
  await page.screenshot({ path: `${shots}/look-menu.png` });
  await page.getByTestId('state').click();
  await window('C 1024 W 2048');
  await settled();
  await page.screenshot({ path: `${shots}/presented.png` });
  // A quarter clockwise, then mirrored: columns and rows change places. The area is the upper left quarter.
  at = await reader(page, [0, 0, 32, 32]);
  const value = (x) => 255 - Math.min(1, Math.max(0, (x * 64 - 0.5) / 2047)) * 255;
  for (const [column, row] of [[15, 5], [5, 15], [30, 12]]) near(at(row, column)[0], value(column), `presented ${column}, ${row}`, 3);
  near(at(9, 9)[0], 0, 'the white block, inverted', 3);
  near(at(0, 5)[0], 0, 'shutter of the state');
  near(at(24, 24)[0], 255, 'filled square');
  await page.getByRole('button', { name: 'Colours and presentation' }).click();
  await page.getByRole('button', { name: 'As stored' }).click();
  await window('C 2048 W 4096');
  await settled();
  at = await reader(page);
  near(at(40, 40)[0], (40 * 64) / 4095 * 255, 'as stored again');
  // The state's own entry in the list shows its image.
  await page.getByTestId('series').nth(1).click();
  await window('C 1024 W 2048');
  assert.deepEqual(problems, []);
}
