// Do pictures, film, files, link and paper hold what is seen? Pixels against the canvas, a link opened in a fresh page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { grab } from '../grab.mjs';

const MENU = { name: 'Export', exact: true };

export async function run({ page, base, problems, study, shots, context }) {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: base.slice(0, -1) });
  const open = async (at, address) => {
    await at.goto(address);
    for (const n of [0, 1]) await at.locator(`[data-testid="cell-${n}"][data-shown="true"]`).waitFor();
    await at.waitForTimeout(300);
  };
  const choose = async (name) => { await page.getByRole('button', MENU).click(); await page.getByRole(name === 'Series as files (ZIP)' ? 'link' : 'button', { name, exact: true }).click(); };
  const saved = async (name) => {
    const [download] = await Promise.all([page.waitForEvent('download'), choose(name)]);
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
  };
  const words = async (at, id) => at.getByTestId('cell-0').getByTestId(id).textContent();

  await open(page, `${base}viewer?StudyInstanceUIDs=${study}`);
  await page.getByTestId('cell-0').click();
  // A view of its own: another image, window, zoom, place, turned, mirrored, inverted, coloured.
  await page.keyboard.press('Home');
  await page.keyboard.press('PageDown');
  await page.keyboard.press('3');
  for (const key of ['o', 'x', 'v', 'U']) await page.keyboard.press(key);
  const box = await page.getByTestId('cell-0').boundingBox();
  const drag = async (button, dx, dy) => {
    await page.mouse.move(box.x + 200, box.y + 300);
    await page.mouse.down({ button });
    await page.mouse.move(box.x + 200 + dx, box.y + 300 + dy, { steps: 4 });
    await page.mouse.up({ button });
  };
  await drag('right', 0, -60);
  await drag('middle', 40, 25);
  await page.waitForTimeout(300);
  const before = await grab(page);
  const said = [await words(page, 'image-number'), await words(page, 'window')];
  await page.screenshot({ path: `${shots}/link-before.png` });
  await page.keyboard.press('L');
  await page.getByText('The link is on the clipboard.').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await context.newPage();
  await open(other, link);
  await other.waitForTimeout(500);
  await other.screenshot({ path: `${shots}/link-after.png` });
  const after = await grab(other);
  assert.deepEqual([await words(other, 'image-number'), await words(other, 'window')], said);
  let nDiffer = 0;
  for (let y = 5; y < before.height; y += 10) for (let x = 5; x < before.width; x += 10) if (before.at(x, y).some((value, i) => Math.abs(value - after.at(x, y)[i]) > 12)) nDiffer += 1;
  const nRead = Math.ceil(before.width / 10) * Math.ceil(before.height / 10);
  assert.ok(nDiffer < nRead / 100, `${nDiffer} of ${nRead} places differ`);
  await other.close();
  await page.bringToFront();

  const pixelsOfFile = (bytes, type) => page.evaluate(async ([data, kind]) => {
    const image = new Image();
    image.src = `data:${kind};base64,${data}`;
    await image.decode();
    const copy = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext('2d');
    copy.drawImage(image, 0, 0);
    const { data: rgba } = copy.getImageData(0, 0, image.naturalWidth, image.naturalHeight);
    return { width: image.naturalWidth, height: image.naturalHeight, sum: rgba.reduce((all, value) => all + value, 0), some: Array.from(rgba.slice(Math.floor(image.naturalHeight / 2) * image.naturalWidth * 4).slice(0, 400)) };
  }, [bytes.toString('base64'), type]);
  const plain = await saved('Picture without annotations (PNG)');
  const marked = await saved('Picture with annotations (PNG)');
  const jpeg = await saved('Picture with annotations (JPEG)');
  assert.match(plain.name, /^CT-1-11\.png$/);
  assert.match(jpeg.name, /\.jpg$/);
  const [a, b, c] = [await pixelsOfFile(plain.bytes, 'image/png'), await pixelsOfFile(marked.bytes, 'image/png'), await pixelsOfFile(jpeg.bytes, 'image/jpeg')];
  assert.deepEqual([a.width, a.height, b.width, c.height], [before.width, before.height, before.width, before.height]);
  const row = Math.floor(before.height / 2);
  for (let x = 0; x < 100; x += 7) assert.deepEqual(a.some.slice(4 * x, 4 * x + 3), before.at(x + 0.5, row + 0.5));
  assert.notEqual(a.sum, b.sum);
  await choose('Copy the picture');
  await page.getByText('The picture is on the clipboard.').waitFor();
  assert.deepEqual(await page.evaluate(async () => (await navigator.clipboard.read())[0].types), ['image/png']);

  const film = await saved('Series as a film');
  assert.ok(film.bytes.length > 2000 && (film.bytes.readUInt32BE(0) === 0x1a45dfa3 || film.bytes.toString('latin1', 4, 8) === 'ftyp'), film.name);
  const zip = await saved('Series as files (ZIP)');
  const end = zip.bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  assert.ok(zip.bytes.readUInt16LE(end + 10) >= 24, 'the ZIP holds the series');

  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.getByRole('toolbar').isVisible(), false);
  assert.equal(await page.getByTestId('cell-0').isVisible(), true);
  await page.emulateMedia({ media: 'screen' });
  assert.deepEqual(problems, []);
}
