// Is another archive registered, tried, searched from the list, and a study fetched and opened at once?
import assert from 'node:assert/strict';
import { accessible } from '../axe.mjs';

export async function run({ page, base, problems, shots, dicom_port, study }) {
  await page.goto(`${base}remote`);
  await page.getByText('No other archive is registered.').waitFor();
  await page.goto(`${base}aes`);
  await page.getByRole('button', { name: 'Add a device' }).click();
  const device = page.getByRole('dialog', { name: 'Add a device' });
  await device.getByLabel('AE title').fill('ORTHANC');
  await device.getByLabel('Host name').fill('127.0.0.1');
  await device.getByLabel('Port').fill(String(dicom_port));
  await device.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: /ORTHANC/ }).getByRole('button', { name: 'C-ECHO' }).click();
  await page.getByRole('row', { name: /ORTHANC/ }).getByText('answers').waitFor();
  await page.getByRole('button', { name: 'Add an archive' }).click();
  const form = page.getByRole('dialog', { name: 'Add an archive' });
  await form.getByLabel('Name', { exact: true }).fill('City hospital');
  await form.getByLabel('Registered device').selectOption('ORTHANC');
  await form.getByLabel('Fetched by').selectOption('get');
  await form.getByRole('button', { name: 'Save' }).click();
  const row = page.getByRole('row', { name: /City hospital/ });
  await row.getByRole('button', { name: 'Test' }).click();
  await row.getByText('answers').waitFor();
  await row.getByText(/C-FIND/).waitFor();

  await row.getByRole('link', { name: 'City hospital' }).click();
  await page.getByText('Say whom or what you look for').waitFor();
  await page.getByRole('searchbox').fill('CompressedSamples');
  const grid = page.getByRole('grid', { name: 'Studies' });
  await grid.getByText('City hospital').waitFor();
  await grid.locator('.row').first().click();
  const panel = page.getByRole('complementary', { name: 'The study in the other archive' });
  await panel.getByText('1 series').waitFor();
  await page.screenshot({ path: `${shots}/remote.png` });
  await accessible(page, 'remote');
  await panel.getByRole('button', { name: 'Fetch and open' }).click();
  await page.waitForURL(new RegExp(`viewer\\?StudyInstanceUIDs=${study.replaceAll('.', '\\.')}`), { timeout: 60_000 });
  await page.goto(base);
  await page.locator('.count').getByText('1 study').waitFor();
  assert.deepEqual(problems.filter((problem) => !problem.includes('ERR_ABORTED')), []);
}
