// Is the archive run from the page? Devices, jobs, trash, figures, settings.
import assert from 'node:assert/strict';
import { accessible } from '../axe.mjs';

export async function run({ page, base, problems, shots, dicom_port }) {
  // Devices: one that answers (the archive itself), one that does not, and a stranger by one click.
  await page.goto(`${base}aes`);
  await page.getByRole('button', { name: 'Add a device' }).click();
  const form = page.getByRole('dialog', { name: 'Add a device' });
  await form.getByLabel('AE title').fill('SELF');
  await form.getByLabel('Host name').fill('127.0.0.1');
  await form.getByLabel('Port').fill('1');
  await page.screenshot({ path: `${shots}/device-form.png` });
  await accessible(page, 'device-form');
  await form.getByRole('button', { name: 'Save' }).click();
  const row = page.getByRole('row', { name: /SELF/ });
  await row.getByRole('button', { name: 'C-ECHO' }).click();
  await row.getByText('not reachable').waitFor();
  await row.getByText(/127\.0\.0\.1 port 1/).waitFor();
  await row.getByRole('button', { name: 'Change SELF' }).click();
  await page.getByRole('dialog').getByLabel('Port').fill(String(dicom_port));
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  // The archive knows its own title only, so that calling itself by another is refused, in words.
  await row.getByRole('button', { name: 'C-ECHO' }).click();
  await row.getByText('refuses us').waitFor();
  await page.getByRole('button', { name: 'Register' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: /STRANGER.*192\.0\.2\.7/ }).waitFor();
  assert.equal(await page.getByText('were refused because nobody knows them').count(), 0);
  await page.screenshot({ path: `${shots}/devices.png` });

  // A job runs to its end while one looks.
  await page.goto(`${base}jobs`);
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('button', { name: 'Verify every stored object' }).click();
  await page.getByRole('row', { name: /Verify every stored object.*done/ }).waitFor({ timeout: 60_000 });
  await page.screenshot({ path: `${shots}/jobs.png` });

  // The trash: one entry comes back, one is gone for good.
  const studies = await (await page.request.get(`${base}dicom-web/studies?PatientID=SAMPLE-1`, { headers: { Accept: 'application/dicom+json' } })).json();
  const items = studies.map((study) => ({ study_uid: study['0020000D'].Value[0] }));
  assert.equal(items.length, 2);
  await page.request.post(`${base}api/delete`, { data: { items, reason: 'only a test' } });
  await page.goto(`${base}trash`);
  const entry = (name) => page.getByRole('row', { name });
  await entry(/Sample CT chest.*only a test/).waitFor();
  await page.screenshot({ path: `${shots}/trash.png` });
  await entry(/Sample CT chest/).getByRole('button', { name: 'Restore' }).click();
  await page.getByText('64 objects are back.').waitFor();
  await entry(/Sample chest radiograph/).getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
  await page.getByText('The trash is empty.').waitFor();

  // Figures and settings are those of the archive.
  await page.goto(`${base}dashboard`);
  const told = await (await page.request.get(`${base}api/server`)).json();
  await page.locator('.tile', { hasText: 'Studies' }).getByText(String(told.n_studies), { exact: true }).waitFor();
  await page.getByRole('row', { name: /SAMPLES/ }).waitFor();
  await page.screenshot({ path: `${shots}/dashboard.png`, fullPage: true });
  await page.goto(`${base}settings`);
  await page.getByRole('checkbox', { name: 'Only those that differ' }).check();
  await page.getByRole('row', { name: /dicom_port/ }).waitFor();
  assert.equal(await page.getByRole('row', { name: /log_level/ }).count(), 0);
  assert.deepEqual(problems, []);
}
