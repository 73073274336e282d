// What is no volume says so in a sentence, and the images come back.
import assert from 'node:assert/strict';

export async function run({ page, base, problems, cases, shots }) {
  for (const { study, words } of cases) {
    await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
    await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
    await page.keyboard.press('M');
    await page.getByTestId('refusal').getByText(words).waitFor();
    await page.screenshot({ path: `${shots}/no-volume.png` });
    await page.getByRole('alert').getByRole('button').click();
    await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  }
  // Without a graphics processor Cornerstone complains to the console; the reader has the sentence.
  assert.deepEqual(problems.filter((words) => words !== 'no webgl context'), []);
}
