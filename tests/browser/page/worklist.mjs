// Can a step be scheduled, found, changed and removed by hand, and is it seen what modalities did?
import assert from 'node:assert/strict';

export async function run({ page, base, problems, shots }) {
  await page.goto(base);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Worklist' }).click();
  await page.getByText('Nothing is scheduled like this.').waitFor();
  await page.getByRole('button', { name: 'Schedule' }).click();
  const form = page.getByRole('dialog', { name: 'Schedule a step' });
  await form.getByLabel('Patient ID', { exact: true }).fill('W-1');
  await form.getByLabel('Modality').fill('ct');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByRole('alert').getByText('a new patient needs a name').waitFor();
  await form.getByLabel('Name (Family^Given)').fill('Doe^Jane');
  await form.getByLabel('Step', { exact: true }).fill('Chest');
  await form.getByLabel('Date', { exact: true }).fill('2026-03-01');
  await form.getByLabel('Time').fill('09:15');
  await page.screenshot({ path: `${shots}/worklist-form.png` });
  await form.getByRole('button', { name: 'Save' }).click();
  const row = page.getByRole('row', { name: /Doe Jane/ });
  await row.getByText('2026-03-01 09:15').waitFor();
  assert.match(await row.innerText(), /Chest[\s\S]*CT[\s\S]*Scheduled/);

  await page.getByRole('searchbox', { name: 'Search' }).fill('nobody');
  await page.getByText('Nothing is scheduled like this.').waitFor();
  await page.getByRole('searchbox', { name: 'Search' }).fill('jane');
  await row.getByRole('button', { name: 'Change the step of Doe Jane' }).click();
  const change = page.getByRole('dialog', { name: 'Change a step' });
  await change.getByLabel('AE title of the station').fill('CT1');
  await change.getByLabel('State').selectOption('Started');
  await change.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Nothing is scheduled like this.').waitFor();
  await page.getByLabel('State').selectOption('Any state');
  await row.getByText('CT1').waitFor();
  await row.getByText('Started').waitFor();
  await page.screenshot({ path: `${shots}/worklist.png` });
  await row.getByRole('button', { name: 'Remove the step of Doe Jane' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('Nothing is scheduled like this.').waitFor();

  // What the modality did: some of its objects are here, its study is a click away.
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Performed steps' }).click();
  const done = page.getByRole('row', { name: /CompressedSamples/ });
  await done.getByText('Completed').waitFor();
  await done.getByText('1 of 2 missing').waitFor();
  await page.screenshot({ path: `${shots}/performed.png` });
  await page.getByLabel('State').selectOption('In progress');
  await page.getByText('No modality has told of a step like this.').waitFor();
  await page.getByLabel('State').selectOption('Any state');
  await done.getByRole('link', { name: 'Study' }).click();
  await page.getByRole('complementary', { name: 'The study' }).waitFor();
  // A refused form is a failed request, and no other one is.
  assert.deepEqual(problems.filter((one) => !/400/.test(one)), []);
}
