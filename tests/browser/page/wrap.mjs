// Do pictures and documents become objects with a form, and do files reach another patient on the way in?
import assert from 'node:assert/strict';
import { accessible } from '../axe.mjs';

export async function run({ page, base, problems, shots, photo, letter, fake, file }) {
  await page.goto(base);
  const count = (text) => page.locator('.count').getByText(text, { exact: true }).waitFor();
  await count('4 studies');
  const upload = page.getByRole('button', { name: 'Upload', exact: true });
  const panel = page.getByRole('region', { name: 'Upload' });
  const choose = async (button, paths) => { const [chooser] = await Promise.all([page.waitForEvent('filechooser'), button.click()]); await chooser.setFiles(paths); };

  await upload.click();
  await choose(page.getByRole('button', { name: 'Choose files…' }), [photo, letter, fake]);
  let dialog = page.getByRole('dialog', { name: 'Make DICOM objects of 3 files' });
  await dialog.getByRole('searchbox').fill('SAMPLE-2');
  await dialog.getByText('王 小东').click();
  await dialog.getByRole('combobox').selectOption({ index: 1 });
  await dialog.getByLabel('Description of the series').fill('Wound, day 3');
  await page.screenshot({ path: `${shots}/wrap.png` });
  await accessible(page, 'wrap');
  await dialog.getByRole('button', { name: 'Make objects' }).click();
  await panel.getByText('2 stored').waitFor({ timeout: 60_000 });
  await panel.getByText('1 failed').waitFor();
  assert.match(await panel.getByRole('listitem').first().textContent(), /fake\.pdf.*not of the type/);
  await page.screenshot({ path: `${shots}/wrapped.png` });
  await accessible(page, 'wrapped');
  await panel.getByRole('button', { name: 'Close' }).click();
  await count('4 studies');

  await upload.click();
  await page.getByRole('button', { name: 'For another patient…' }).click();
  dialog = page.getByRole('dialog', { name: 'Upload for another patient' });
  await dialog.getByText('A new patient').click();
  await dialog.getByLabel('Name (Family^Given)').fill('Right^Person');
  await dialog.getByLabel('Patient ID', { exact: true }).fill('RIGHT');
  await dialog.getByLabel('Reason').fill('scanned under a wrong name');
  await page.screenshot({ path: `${shots}/for-patient.png` });
  await accessible(page, 'for-patient');
  await choose(dialog.getByRole('button', { name: 'Choose files…' }), file);
  await panel.getByText('1 stored').waitFor();
  await page.getByRole('grid', { name: 'Studies' }).getByText('Right Person').waitFor();
  assert.deepEqual(problems.filter((problem) => !/^409|^400|status of 40[09]/.test(problem)), []);
}
