// Are a patient and a study corrected with a reason, moved, merged, and is all of it in the history?
import assert from 'node:assert/strict';
import { accessible } from '../axe.mjs';

export async function run({ page, base, problems, shots }) {
  const grid = page.getByRole('grid', { name: 'Studies' });
  const panel = page.getByRole('complementary', { name: 'The study' });
  const choose = async (name) => {
    await panel.getByRole('button', { name: 'More actions' }).click();
    await panel.getByRole('button', { name }).click();
    return page.getByRole('dialog');
  };
  const open = async (text) => { await page.goto(`${base}?q=${encodeURIComponent(text)}`); await grid.locator('.row b').first().click(); await panel.locator('h2').waitFor(); };

  await open('小东');
  let dialog = await choose('Edit the patient…');
  await dialog.getByLabel('Name, ideographic').fill('王^大东');
  await dialog.getByLabel('Birth date').fill('1984-09-24');
  await dialog.getByLabel('Reason').fill('a slip of the pen');
  await page.screenshot({ path: `${shots}/correct.png` });
  await accessible(page, 'correct');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await panel.getByRole('heading', { name: '王 大东' }).waitFor();
  dialog = await choose('Edit the study…');
  await dialog.getByLabel('Description').fill('MR of the head');
  await dialog.getByLabel('Reason').fill('translated');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await panel.getByRole('heading', { name: 'MR of the head' }).waitFor();
  dialog = await choose('Corrections');
  await dialog.getByText('a slip of the pen').waitFor();
  await dialog.getByText('王 大东').waitFor();
  await page.screenshot({ path: `${shots}/history.png` });
  await accessible(page, 'history');
  await page.keyboard.press('Escape');

  // To a new patient, and that one into a known one.
  await open('echocardiogram');
  dialog = await choose('Move to another patient…');
  await dialog.getByText('A new patient').click();
  await dialog.getByLabel('Name (Family^Given)').fill('New^Nobody');
  await dialog.getByLabel('Patient ID', { exact: true }).fill('NEW-1');
  await dialog.getByLabel('Reason').fill('wrong person');
  await dialog.getByRole('button', { name: 'Move' }).click();
  await panel.getByRole('heading', { name: 'New Nobody' }).waitFor();
  dialog = await choose('Merge the patient…');
  await dialog.getByRole('searchbox').fill('SAMPLE-2');
  await dialog.getByText('王 大东').click();
  await dialog.getByLabel('Reason').fill('the same person');
  await dialog.getByRole('button', { name: 'Merge' }).click();
  await panel.getByRole('heading', { name: '王 大东' }).waitFor();
  await panel.getByText('1 other study of this patient').waitFor();
  assert.deepEqual(problems, []);
}
