// Does the list hear of what arrives, and does a deletion come back by one click?
import assert from 'node:assert/strict';
import { accessible } from '../axe.mjs';
import { readFileSync } from 'node:fs';

export async function run({ page, base, problems, shots, fresh }) {
  await page.goto(base);
  const grid = page.getByRole('grid', { name: 'Studies' });
  await page.locator('.count').getByText('9 studies').waitFor();
  const sent = await page.request.post(`${base}api/upload`, { data: readFileSync(fresh), headers: { 'Content-Type': 'application/dicom' } });
  assert.equal(sent.status(), 200);
  await grid.getByText('Late Arrival').waitFor();
  await page.locator('.count').getByText('10 studies').waitFor();
  assert.match(await grid.getByRole('row').nth(1).textContent(), /Late Arrival/);

  await grid.getByRole('checkbox', { name: 'Select the study of Late Arrival' }).click();
  const bar = page.getByRole('toolbar', { name: 'Selected studies' });
  const link = await bar.getByRole('link', { name: 'Download' }).getAttribute('href');
  const zip = await page.request.get(new URL(link, base).href);
  assert.equal(zip.headers()['content-type'], 'application/zip');
  await bar.getByRole('button', { name: 'Delete' }).click();
  const question = page.getByRole('dialog', { name: 'Delete 1 study?' });
  await question.getByRole('textbox').fill('wrong patient');
  await page.screenshot({ path: `${shots}/delete.png` });
  await accessible(page, 'delete');
  await question.getByRole('button', { name: 'Delete' }).click();
  await page.locator('.count').getByText('9 studies').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await grid.getByText('Late Arrival').waitFor();
  await page.getByText('1 object is back.').waitFor();
  assert.deepEqual(problems, []);
}
