// Are studies found by name, ID, modality and day, in any script, with mouse and keys; is the address the state?
import assert from 'node:assert/strict';
import { accessible } from '../axe.mjs';

export async function run({ page, base, problems, shots, ct, hostile }) {
  await page.goto(base);
  const grid = page.getByRole('grid', { name: 'Studies' });
  const status = page.locator('.count');
  const address = () => Object.fromEntries(new URL(page.url()).searchParams);
  const counted = (text) => status.getByText(text, { exact: true }).waitFor();
  await counted('9 studies');

  // Text from objects is text.
  assert.ok((await grid.textContent()).includes(hostile));
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(await page.locator('img[src="x"]').count(), 0);

  // Search in any script; the address says it, and a reload finds it again.
  await page.keyboard.press('/');
  await page.keyboard.type('小东');
  await counted('1 study');
  // The rows are there before the address is.
  await page.waitForURL(/q=/);
  assert.deepEqual(address(), { q: '小东' });
  await page.reload();
  await counted('1 study');
  await page.getByRole('searchbox', { name: 'Search studies' }).fill(ct.study);
  await counted('1 study');
  await grid.getByText(ct.id).first().waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  await counted('9 studies');

  // Chips, fields and order; the archive sorts.
  await page.getByRole('button', { name: 'MR', exact: true }).click();
  await counted('2 studies');
  // What a search found has a size, once nobody types any more.
  await page.locator('.size').getByText(/^[\d.,]+ .?B in all$/).waitFor();
  await page.getByRole('button', { name: 'US', exact: true }).click();
  await page.waitForURL(/m=MR%2CUS/);
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByRole('button', { name: 'Filters' }).click();
  await page.getByLabel('Patient ID', { exact: true }).fill('SAMPLE');
  await counted('4 studies');
  await page.keyboard.press('Escape');
  await page.getByRole('columnheader', { name: 'Patient', exact: true }).getByRole('button').click();
  await page.waitForURL(/sort=PatientName/);
  await grid.locator('.row b').first().getByText('Phantom Chest').waitFor();
  assert.equal(await page.getByRole('columnheader', { name: 'Patient', exact: true }).getAttribute('aria-sort'), 'ascending');
  await page.getByRole('columnheader', { name: 'Patient', exact: true }).getByRole('button').click();
  await grid.locator('.row b').first().getByText('王 小东').waitFor();

  // A search is kept by name and comes back.
  await page.getByRole('button', { name: 'Saved searches' }).click();
  await page.getByRole('textbox', { name: 'Name of this search' }).fill('samples');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Clear' }).click();
  await counted('9 studies');
  await page.getByRole('button', { name: 'Saved searches' }).click();
  await page.getByRole('link', { name: 'samples' }).click();
  await counted('4 studies');
  await page.keyboard.press('Escape');

  // The keyboard alone: down, look beside, open, and back to the same place.
  await page.goto(`${base}?PatientID=SAMPLE&sort=PatientName`);
  await counted('4 studies');
  await page.keyboard.press('j');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('k');
  await page.keyboard.press('Space');
  const panel = page.getByRole('complementary', { name: 'The study' });
  await panel.getByRole('heading', { name: 'Phantom Chest' }).waitFor();
  await panel.getByText('Axial 4 mm').waitFor();
  const thumb = panel.locator('.thumb img').first();
  await page.waitForFunction(() => document.querySelector('aside .thumb img')?.naturalWidth > 0);
  assert.ok(await thumb.isVisible());
  assert.equal(await panel.getByRole('link', { name: /Sample chest radiograph/ }).count(), 1);
  await page.screenshot({ path: `${shots}/panel.png` });
  const active = () => grid.evaluate((element) => document.getElementById(element.getAttribute('aria-activedescendant'))?.getAttribute('aria-rowindex'));
  assert.equal(await active(), '2');
  await page.keyboard.press('x');
  await page.getByRole('toolbar', { name: 'Selected studies' }).getByText('1 selected').waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/viewer\?StudyInstanceUIDs=2\.25\./);
  await page.goBack();
  await panel.getByRole('heading', { name: 'Phantom Chest' }).waitFor();
  await grid.locator('.row.focused').waitFor();
  assert.equal(await active(), '2');

  // Objects of a series, and the header of one of them.
  await panel.getByRole('button', { name: 'Show the objects' }).click();
  await panel.getByRole('link', { name: 'Header of object 5', exact: true }).click();
  await page.getByRole('heading', { name: 'Header' }).waitFor();
  await page.getByText('5 of 64').waitFor();
  await page.getByRole('searchbox').fill('patientcomments');
  await page.getByRole('cell', { name: 'Synthetic; no person was examined.' }).waitFor();
  assert.equal(await page.locator('tbody tr').count(), 1);
  await page.getByRole('searchbox').fill('');
  await page.getByRole('button', { name: 'Next object' }).click();
  await page.getByText('6 of 64').waitFor();
  await page.screenshot({ path: `${shots}/header.png` });

  // The sheet of keys names what just worked.
  await page.goto(base);
  await counted('9 studies');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Next study').waitFor();
  await page.screenshot({ path: `${shots}/keys.png` });
  await accessible(page, 'keys');
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('dialog').count(), 0);
  // Objects that are no images have no thumbnail; nothing else may have failed.
  assert.deepEqual(problems, []);
}
