// Is printing done from the page? Films that came, a printer among the devices, and the viewer's images on its film.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const LOOKS = [['en', 'light', 1280], ['zh', 'dark', 1280], ['en', 'dark', 390]];

export async function run({ page, base, problems, shots, axe, study, port }) {
  const source = readFileSync(axe, 'utf8');
  const wrong = [];
  const look = async (name) => {
    await page.screenshot({ path: `${shots}/${name}.png` });
    await page.evaluate(source);
    const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
    wrong.push(...violations.map((one) => `${name}: ${one.id} ${one.nodes.map((node) => node.target.join(' ')).join(' | ')}`));
  };
  await page.emulateMedia({ reducedMotion: 'reduce' });

  // A device becomes a printer, and says how it is.
  await page.goto(`${base}aes`);
  await page.getByRole('button', { name: 'Add a device' }).click();
  const device = page.getByRole('dialog', { name: 'Add a device' });
  await device.getByLabel('AE title').fill('PRINTER');
  await device.getByLabel('Host name').fill('127.0.0.1');
  await device.getByLabel('Port').fill(String(port));
  await device.getByRole('button', { name: 'Save' }).click();
  await device.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Add a printer' }).click();
  const form = page.getByRole('dialog', { name: 'Add a printer' });
  await form.getByLabel('14 × 17 in').uncheck();
  await form.getByLabel('8 × 10 in').check();
  await form.getByLabel('Presentation LUT').check();
  await form.getByLabel('Media').fill('paper');
  await form.getByLabel('Layouts').fill('5');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Layouts are columns and rows, like 2,3.').waitFor();
  await form.getByLabel('Layouts').fill('1,1; 1,2');
  await look('printer-form');
  await form.getByRole('button', { name: 'Save' }).click();
  const printer = page.getByRole('region', { name: 'Printers' }).getByRole('row', { name: /PRINTER/ });
  await printer.getByText('PAPER').waitFor();
  await printer.getByRole('button', { name: 'Test' }).click();
  await printer.getByText('NORMAL').waitFor();

  // Images of the viewer go onto its film as they are seen: inverted.
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  await page.getByTestId('cell-0').click();
  await page.keyboard.press('Home');
  await page.keyboard.press('v');
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('button', { name: 'Print on film…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Print on film' });
  await dialog.getByText('1 image on 1 film').waitFor();
  await dialog.getByLabel('Images').selectOption('all');
  await dialog.getByLabel('Every').selectOption('2');
  await dialog.getByLabel('Layout').selectOption('1,2');
  await dialog.getByText('3 images on 2 films').waitFor();
  await look('print-dialog');
  await dialog.getByRole('button', { name: 'Print' }).click();
  await page.getByText('It is being printed.').waitFor();
  await dialog.waitFor({ state: 'detached' });

  // What came and what went is on one page, in both languages.
  await page.goto(`${base}films`);
  await page.getByRole('row', { name: /Print 3 images on PRINTER.*done/ }).waitFor({ timeout: 60_000 });
  const job = page.getByRole('region', { name: 'Knee <b>' });
  const picture = job.getByRole('img', { name: 'Film 1' });
  await picture.scrollIntoViewIfNeeded();
  assert.ok(await picture.evaluate(async (img) => { await img.decode(); return img.naturalHeight; }) > 200);
  const [download] = await Promise.all([page.waitForEvent('download'), job.getByRole('link', { name: 'PDF' }).click()]);
  assert.equal(readFileSync(await download.path()).subarray(0, 5).toString(), '%PDF-');
  for (const [language, theme, width] of LOOKS) {
    await page.setViewportSize({ width, height: 800 });
    await page.evaluate(([lang, dark]) => { localStorage.setItem('lumenarc.language', lang); localStorage.setItem('lumenarc.theme', dark); }, [language, theme]);
    for (const path of ['films', 'aes']) {
      await page.goto(base + path);
      await page.locator(path === 'films' ? 'section img' : 'section[aria-label] tbody tr').first().waitFor();
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${path} is wider than ${width} px`);
      await look(`${path}-${language}-${theme}-${width}`);
    }
  }
  await page.goto(`${base}films`);
  await job.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Nobody has printed here yet.').waitFor();
  assert.deepEqual(wrong, []);
  assert.deepEqual(problems.filter((one) => !/400 .*api\/printers|status of 400/.test(one)), []);
}
