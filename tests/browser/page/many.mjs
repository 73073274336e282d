// Is a very long list still a list? Only rows in sight exist, the last one is reached, a search narrows all of them.
import assert from 'node:assert/strict';

export async function run({ page, base, problems, n }) {
  await page.goto(base);
  const grid = page.getByRole('grid', { name: 'Studies' });
  await page.locator('.count').getByText(`${n.toLocaleString('en')} studies`).waitFor();
  assert.equal(await grid.getAttribute('aria-rowcount'), String(n + 1));
  assert.ok((await page.locator('.row').count()) < 80);
  await page.keyboard.press('j');
  await page.keyboard.press('End');
  await page.locator(`.row[aria-rowindex="${n + 1}"] b`).waitFor();
  assert.equal(await grid.evaluate((element) => element.scrollTop + element.clientHeight >= element.scrollHeight - 1), true);
  const middle = Math.floor(n / 2);
  await grid.evaluate((element, index) => { element.scrollTop = index * 36; }, middle);
  await page.locator(`.row[aria-rowindex="${middle + 2}"] b`).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('P00012345');
  await page.locator('.count').getByText('1 study').waitFor();
  await page.locator('.row[aria-rowindex="2"]').getByText('P00012345').waitFor();
  assert.equal(await page.locator('.row').count(), 1);
  assert.deepEqual(problems, []);
}
