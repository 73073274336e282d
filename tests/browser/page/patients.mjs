// Are there patients beside studies, columns as wide as one likes, and figures of what grows and waits?
import assert from 'node:assert/strict';

export async function run({ page, base, problems, shots }) {
  await page.goto(`${base}patients`);
  await page.getByText('3 patients').waitFor();
  await page.getByRole('searchbox').fill('phantom');
  await page.getByText('2 patients').waitFor();
  await page.waitForURL(/q=phantom/);
  await page.getByRole('button', { name: 'Phantom Chest' }).click();
  await page.getByRole('link', { name: 'Sample CT chest' }).waitFor();
  await page.screenshot({ path: `${shots}/patients.png` });
  await page.getByRole('link', { name: 'Sample CT chest' }).click();
  await page.getByRole('complementary', { name: 'The study' }).getByText('64 objects').waitFor();

  // A column is dragged wider, stays so, and goes back by a double click.
  await page.goto(base);
  const head = page.getByRole('columnheader', { name: 'Patient', exact: true });
  const before = (await head.boundingBox()).width;
  const grip = await head.locator('.grip').boundingBox();
  await page.mouse.move(grip.x + 4, grip.y + 8);
  await page.mouse.down();
  await page.mouse.move(grip.x + 104, grip.y + 8, { steps: 5 });
  await page.mouse.up();
  assert.equal(Math.round((await head.boundingBox()).width - before), 100);
  await page.reload();
  await page.locator('.row').first().waitFor();
  assert.equal(Math.round((await head.boundingBox()).width - before), 100);
  await head.locator('.grip').dblclick();
  assert.equal(Math.round((await head.boundingBox()).width), Math.round(before));

  await page.goto(`${base}dashboard`);
  await page.getByText(/in 30 days/).waitFor();
  await page.getByRole('heading', { name: 'Queues' }).waitFor();
  assert.deepEqual(problems, []);
}
