// Is text from objects only text, on every page? Markup, scripts, right-to-left overrides, 64 kB in one value.
import assert from 'node:assert/strict';

export async function run({ page, base, problems, shots, study, series }) {
  const harmless = async (name) => {
    await page.waitForTimeout(300);
    assert.equal(await page.evaluate(() => window.pwned), undefined, name);
    assert.equal(await page.locator('img[src="x"], script:not([src])').count(), 0, name);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 1280, `${name} is wider than the window`);
    await page.screenshot({ path: `${shots}/hostile-${name}.png` });
  };
  await page.goto(base);
  await page.locator('.row').nth(2).waitFor();
  await harmless('studies');
  await page.goto(`${base}?study=${study}`);
  await page.locator('aside h2').waitFor();
  await harmless('panel');
  for (const [name, item] of [['edit', 'Edit the patient…'], ['move', 'Move to another patient…'], ['history', 'Corrections']]) {
    await page.locator('aside').getByRole('button', { name: 'More actions' }).click();
    await page.locator('aside').getByRole('button', { name: item }).click();
    await page.getByRole('dialog').waitFor();
    await harmless(name);
    await page.keyboard.press('Escape');
  }
  await page.goto(`${base}patients`);
  await page.locator('tbody tr').nth(2).waitFor();
  await page.locator('tbody tr button').first().click();
  await page.locator('tr.study').first().waitFor();
  await harmless('patients');
  await page.goto(`${base}header?study=${study}&series=${series}`);
  await page.locator('tbody tr').first().waitFor();
  await harmless('header');
  await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
  await page.locator('canvas').first().waitFor();
  await harmless('viewer');
  await page.request.post(`${base}api/delete`, { data: { items: [{ study_uid: study }], reason: '<img src=x onerror="window.pwned=1">' } });
  await page.goto(`${base}trash`);
  await page.locator('tbody tr').first().waitFor();
  await harmless('trash');
  await page.goto(`${base}jobs`);
  await page.locator('h1').waitFor();
  await harmless('jobs');
  await page.goto(`${base}?q=${encodeURIComponent('<img src=x onerror="window.pwned=1">')}`);
  await harmless('search');
  await page.goto(`${base}nowhere/%3Cimg%20src=x%20onerror=%22window.pwned=1%22%3E`);
  await harmless('nowhere');
  assert.deepEqual(problems, []);
}
