// Can everybody use every page? axe (WCAG 2.0 to 2.2, A and AA) in both languages, both themes, wide and narrow; pictures to look at.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const PAGES = ['', 'patients', 'worklist', 'performed', 'remote', 'dashboard', 'films', 'jobs', 'aes', 'trash', 'settings', 'nowhere'];
const LOOKS = [['en', 'light', 1280], ['zh', 'dark', 1280], ['zh', 'light', 390], ['en', 'dark', 390]];
const LANGUAGES = { en: 'English', zh: '简体中文' };

async function violations(page, source) {
  // Evaluated by the driver, not by the page: the policy of the page allows no such thing.
  await page.evaluate(source);
  const { violations: found } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
  return found.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).join(' | ')}`);
}

export async function run({ page, base, problems, shots, axe }) {
  const source = readFileSync(axe, 'utf8');
  const wrong = [];
  const look = async (name) => {
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${shots}/${name}.png` });
    wrong.push(...(await violations(page, source)).map((one) => `${name}: ${one}`));
  };
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const [language, theme, width] of LOOKS) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(base);
    await page.evaluate(([lang, dark]) => { localStorage.setItem('lumenarc.language', lang); localStorage.setItem('lumenarc.theme', dark); }, [language, theme]);
    for (const path of PAGES) {
      await page.goto(base + path);
      await page.locator('h1').first().waitFor();
      await page.waitForLoadState('networkidle').catch(() => undefined);
      assert.equal(await page.evaluate(() => document.documentElement.lang), language === 'zh' ? 'zh-CN' : 'en');
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${path} is wider than ${width} px`);
      await look(`${path || 'studies'}-${language}-${theme}-${width}`);
    }
    // What opens over the pages.
    await page.goto(`${base}worklist`);
    await page.locator('header button.primary').click();
    await page.getByRole('dialog').waitFor();
    await look(`step-${language}-${theme}-${width}`);
    await page.goto(base);
    await page.locator('.row b').first().click();
    await page.locator('aside h2').waitFor();
    await look(`panel-${language}-${theme}-${width}`);
    if (width > 1000) {
      const study = new URL(page.url()).searchParams.get('study');
      for (const [name, at] of [['editPatient', 2], ['editStudy', 3], ['move', 4], ['history', -2]]) {
        await page.locator('aside .actions .menu button').first().click();
        await page.locator('aside .actions .panel button').nth(at).click();
        await page.getByRole('dialog').waitFor();
        await look(`${name}-${language}-${theme}-${width}`);
        await page.keyboard.press('Escape');
      }
      const [first] = await (await page.request.get(`${base}dicom-web/studies/${study}/series`, { headers: { Accept: 'application/dicom+json' } })).json();
      await page.goto(`${base}header?study=${study}&series=${first['0020000E'].Value[0]}`);
      await page.locator('tbody tr').first().waitFor();
      await look(`header-${language}-${theme}-${width}`);
      await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
      await page.locator('canvas').first().waitFor();
      await look(`viewer-${language}-${theme}-${width}`);
      await page.goto(`${base}?study=${study}`);
      await page.locator('.row').nth(2).waitFor();
      await page.locator('.row').nth(1).locator('input').click();
      await page.locator('[role=toolbar] button').nth(1).click();
      await page.getByRole('dialog').waitFor();
      await look(`question-${language}-${theme}-${width}`);
      await page.keyboard.press('Escape');
      await page.locator('.chips .chip').last().click();
      await look(`menu-${language}-${theme}-${width}`);
    }
  }
  // Both languages can be chosen by hand, and stay.
  await page.locator('header .menu button').last().click();
  await page.getByRole('button', { name: LANGUAGES.zh }).click();
  await page.locator('nav').getByText('检查').waitFor();
  await page.reload();
  await page.locator('nav').getByText('检查').waitFor();
  assert.deepEqual(wrong, []);
  assert.deepEqual(problems, []);
}
