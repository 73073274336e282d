// Are key images marked, stored, read back and used as a filter; is the header searched and compared beside the image?
import assert from 'node:assert/strict';

export async function run({ page, base, problems, study, shots }) {
  const cell = page.getByTestId('cell-0');
  const number = (words) => cell.getByTestId('image-number').getByText(words, { exact: true }).waitFor();
  const open = async () => {
    await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
    await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  };
  await open();
  await number('Image 4 of 6');
  await page.keyboard.press('K');
  await cell.getByTestId('is-key').waitFor();
  await page.keyboard.press('End');
  await number('Image 6 of 6');
  await cell.getByTestId('is-key').waitFor({ state: 'detached' });
  await page.keyboard.press('K');
  await page.keyboard.press('Home');
  await page.keyboard.press('K');
  assert.equal(await page.getByTestId('key-image').count(), 3);
  await page.keyboard.press('K');
  assert.equal(await page.getByTestId('key-image').count(), 2);
  await page.getByTestId('key-image').last().getByRole('button').first().click();
  await number('Image 6 of 6');
  await page.getByRole('button', { name: 'Show only marked ones' }).click();
  await number('Image 1 of 2');
  await page.getByRole('button', { name: 'Show all images' }).click();
  await number('Image 4 of 6');
  await page.getByRole('button', { name: 'Save to the archive' }).click();
  await page.getByText('The key images are saved in the archive.').waitFor();
  await page.screenshot({ path: `${shots}/key-images.png` });

  await open();
  await page.keyboard.press('J');
  await page.getByTestId('stored-keys').getByText('2 images').waitFor();
  await page.getByTestId('stored-keys').click();
  await number('Image 1 of 2');
  await page.keyboard.press('End');
  await number('Image 2 of 2');
  await page.getByRole('button', { name: 'Show all images' }).click();
  await number('Image 6 of 6');
  await page.keyboard.press('J');

  await page.keyboard.press('T');
  const panel = page.getByTestId('header-panel');
  const elements = panel.getByTestId('element');
  await elements.filter({ hasText: 'Patient ID' }).getByText('P-1001').waitFor();
  await panel.getByRole('searchbox').fill('instance number');
  await elements.filter({ hasText: '(0020,0013)' }).getByText('6', { exact: true }).waitFor();
  assert.equal(await elements.count(), 1);
  await panel.getByRole('searchbox').fill('');
  await panel.getByRole('button', { name: 'Compare with other images' }).click();
  await panel.getByText('Nothing is found.').waitFor();
  await cell.hover();
  await page.mouse.wheel(0, -100);
  const differs = elements.filter({ hasText: '(0020,0013)' }).locator('dd');
  await differs.getByText('5', { exact: true }).waitFor();
  assert.deepEqual(await differs.allTextContents(), ['5', '6']);
  const names = (await elements.locator('code').allTextContents()).sort();
  assert.deepEqual(names, ['(0008,0018)', '(0020,0013)', '(0020,0032)', '(0020,1041)']);
  await page.screenshot({ path: `${shots}/header-panel.png` });
  assert.deepEqual(problems, []);
}
