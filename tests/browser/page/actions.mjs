// Do long actions run as jobs that one follows: exports, anonymous copies, split and merged series, merged patients?
import assert from 'node:assert/strict';
import { accessible } from '../axe.mjs';

export async function run({ page, base, problems, shots }) {
  const grid = page.getByRole('grid', { name: 'Studies' });
  const panel = page.getByRole('complementary', { name: 'The study' });
  const bar = page.getByRole('toolbar', { name: 'Selected studies' });
  const tray = page.getByRole('region', { name: 'Jobs of this page' });
  const count = (text) => page.locator('.count').getByText(text, { exact: true }).waitFor();
  const chosen = async (name) => { await bar.getByRole('button', { name: 'More actions' }).click(); await bar.getByRole('button', { name, exact: true }).click(); return page.getByRole('dialog'); };
  const over = async (task) => {
    const card = tray.locator('article', { hasText: task });
    await card.getByText('done').waitFor({ timeout: 60_000 });
    return card;
  };

  // Two studies as one ZIP, packed by a job and saved when it is whole.
  await page.goto(`${base}?PatientID=SAMPLE-1`);
  await count('2 studies');
  await grid.getByRole('checkbox').nth(1).click();
  await grid.getByRole('checkbox').nth(2).click();
  let dialog = await chosen('Export…');
  await dialog.getByText('JPEG pictures').click();
  await page.screenshot({ path: `${shots}/export.png` });
  await accessible(page, 'export');
  await dialog.getByRole('button', { name: 'Pack' }).click();
  let card = await over('Pack an export');
  await page.screenshot({ path: `${shots}/tray.png` });
  await accessible(page, 'tray');
  const [saved] = await Promise.all([page.waitForEvent('download'), card.getByRole('link', { name: 'Save the file' }).click()]);
  assert.equal(saved.suggestedFilename(), 'studies.zip');
  await card.getByRole('button', { name: 'Put away' }).click();
  assert.equal(await tray.count(), 0);
  const csv = await (await page.request.get(new URL(await linkOf(bar, 'Download as CSV'), base).href)).text();
  assert.equal(csv.trim().split('\n').length, 3);
  await page.keyboard.press('Escape');

  // Anonymous copies of both, by one job.
  dialog = await chosen('Anonymised copy…');
  await dialog.getByLabel('Name instead').fill('Nobody^Trial');
  await dialog.getByText('Shift, all of a patient alike').click();
  await page.screenshot({ path: `${shots}/anonymize.png` });
  await accessible(page, 'anonymize');
  await dialog.getByRole('button', { name: 'Make the copy' }).click();
  card = await over('Anonymise');
  await card.getByRole('button', { name: 'Put away' }).click();
  await page.goto(`${base}?q=nobody`);
  await count('2 studies');

  // A series is split by the numbers of its objects and merged again.
  await page.goto(`${base}?q=Sample+CT+chest`);
  await grid.locator('.row b').first().click();
  await panel.getByText('64 objects').waitFor();
  await panel.getByRole('button', { name: 'Actions on the series' }).click();
  await panel.getByRole('button', { name: 'Split the series…' }).click();
  dialog = page.getByRole('dialog', { name: 'Split the series' });
  await dialog.getByLabel('Numbers of the objects').fill('1-20, 64');
  await dialog.getByText('21 of 64 objects').waitFor();
  await dialog.getByLabel('Description').fill('The upper part');
  await dialog.getByLabel('Reason').fill('two examinations');
  await page.screenshot({ path: `${shots}/split.png` });
  await accessible(page, 'split');
  await dialog.getByRole('button', { name: 'Split', exact: true }).click();
  card = await over('Split or merge series');
  await card.getByRole('button', { name: 'Put away' }).click();
  await panel.getByText('21 objects').waitFor();
  await panel.getByText('43 objects').waitFor();
  await panel.getByRole('button', { name: 'More actions' }).click();
  await panel.getByRole('button', { name: 'Merge series…' }).click();
  dialog = page.getByRole('dialog', { name: 'Merge series' });
  await dialog.getByLabel('The series that stays').selectOption({ index: 1 });
  await dialog.getByRole('checkbox').first().check();
  await dialog.getByLabel('Reason').fill('one examination after all');
  await page.screenshot({ path: `${shots}/merge-series.png` });
  await accessible(page, 'merge-series');
  await dialog.getByRole('button', { name: 'Merge', exact: true }).click();
  await over('Split or merge series');
  await panel.getByText('64 objects').waitFor();

  // Two patients become one, chosen among those of the selected studies.
  await page.goto(`${base}?PatientID=SAMPLE`);
  await count('4 studies');
  await grid.getByRole('checkbox', { name: /Phantom Chest/ }).first().click();
  await grid.getByRole('checkbox', { name: /王 小东/ }).first().click();
  dialog = await chosen('Merge the patients…');
  await dialog.getByText('王 小东').last().click();
  await dialog.getByLabel('Reason').fill('one person');
  await page.screenshot({ path: `${shots}/merge-patients.png` });
  await accessible(page, 'merge-patients');
  await dialog.getByRole('button', { name: 'Merge', exact: true }).click();
  await page.waitForFunction(() => [...document.querySelectorAll('.row b')].filter((one) => one.textContent === '王 小东').length === 3);
  assert.deepEqual(problems, []);
}

async function linkOf(bar, name) {
  await bar.getByRole('button', { name: 'More actions' }).click();
  return bar.getByRole('link', { name }).getAttribute('href');
}
