// Do several series stand side by side, hung by rule, linked by place, with lines where they cut each other, and with the priors?
import assert from 'node:assert/strict';

export async function run({ page, base, problems, study, shots }) {
  const cell = (n) => page.getByTestId(`cell-${n}`);
  const number = (n, words) => cell(n).getByTestId('image-number').getByText(words, { exact: true }).waitFor();
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  for (const n of [0, 1]) await page.locator(`[data-testid="cell-${n}"][data-shown="true"]`).waitFor();
  await number(0, 'Image 13 of 24');
  await number(1, 'Image 7 of 12');

  // The axial image at z = 24 mm cuts the sagittal one, whose rows go down from z = 60 by 0.7 mm.
  const line = cell(1).getByTestId('reference-line');
  const expected = async (z) => {
    const box = await cell(1).boundingBox();
    const side = Math.min(box.width, box.height);
    return (box.height - side) / 2 + (((60 - z) / 0.7 + 0.5) / 96) * side;
  };
  const near = async (z) => {
    const y = Number(await line.getAttribute('y1'));
    assert.ok(Math.abs(y - (await expected(z))) < 4, `the line is at ${y}, not at ${await expected(z)}`);
  };
  await line.waitFor({ state: 'attached' });
  await near(24);
  await page.screenshot({ path: `${shots}/lines.png` });
  await page.keyboard.press('End');
  await number(0, 'Image 24 of 24');
  await near(46);
  await page.keyboard.press('d');
  await line.waitFor({ state: 'detached' });
  await page.keyboard.press('d');

  // Point to x = -16 mm in the axial image: the sagittal series goes to its third image.
  await page.keyboard.press('t');
  const box = await cell(0).boundingBox();
  const side = Math.min(box.width, box.height);
  await page.mouse.click(box.x + box.width / 2 - side / 4, box.y + box.height / 2);
  await number(1, 'Image 3 of 12');
  await cell(1).getByTestId('located').waitFor({ state: 'attached' });
  await page.screenshot({ path: `${shots}/located.png` });
  await page.keyboard.press('w');

  await page.getByRole('button', { name: 'Layout', exact: true }).click();
  await page.getByRole('button', { name: '2 × 2', exact: true }).click();
  await page.locator('[data-testid^="cell-"]').nth(3).waitFor();
  await page.getByTestId('series').first().dragTo(page.locator('[data-testid^="cell-"]').nth(3));
  await page.locator('[data-testid^="cell-"][data-shown="true"]').nth(2).waitFor();
  // Linked: scrolling the axial series scrolls its copy too.
  await page.locator('[data-testid^="cell-"]').nth(3).hover();
  await page.keyboard.press('Home');
  await number(0, 'Image 1 of 24');
  await page.screenshot({ path: `${shots}/layout.png` });
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('[data-testid^="cell-"]').count(), 1);
  await page.keyboard.press('Enter');
  await page.locator('[data-testid^="cell-"][data-shown="true"]').nth(2).waitFor();

  const prior = page.getByTestId('prior');
  assert.equal(await prior.count(), 1);
  await prior.locator('summary').click();
  await prior.getByTestId('series').waitFor();
  await page.getByRole('button', { name: 'Layout', exact: true }).click();
  await page.getByRole('button', { name: '1 × 2', exact: true }).click();
  await page.locator('[data-testid^="cell-"]').nth(2).waitFor({ state: 'detached' });
  await page.locator('[data-testid^="cell-"]').first().click();
  await prior.getByRole('button', { name: 'Compare' }).click();
  await page.locator('[data-testid^="cell-"]').nth(1).getByText('2024-03-01').waitFor();
  await page.screenshot({ path: `${shots}/prior.png` });
  assert.deepEqual(problems, []);
}
