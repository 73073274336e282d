// Can everybody use the views of objects? axe in both languages and themes, wide and narrow; pictures to look at.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const LOOKS = [['en', 'light', 1280], ['zh', 'dark', 1280], ['zh', 'light', 390]];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export async function run({ page, base, problems, images, slide, documents, times, shots, axe }) {
  const source = readFileSync(axe, 'utf8');
  const wrong = [];
  const series = (words) => page.getByTestId('series').filter({ hasText: words }).first().click();
  const images_ = () => page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor();
  const VIEWS = [
    ['layers', images, async () => { await images_(); await series('Organs'); await page.getByTestId('layer-item').first().waitFor(); await series('Contours'); await series('Plan dose'); await page.getByTestId('reference-dose').waitFor(); }],
    ['plan', images, async () => { await images_(); await series('RTPLAN'); await page.getByTestId('plan').waitFor(); }],
    ['slide', slide, async () => { await page.locator('[data-testid="slide"][data-missing="0"]').waitFor(); }],
    ['times', times, async () => { await images_(); await page.getByTestId('time-bar').waitFor(); }],
    ['model', documents, async () => { await series('Box'); await page.getByTestId('model-size').waitFor(); }],
    ['letter', documents, async () => { await series('CDA letter'); await page.locator('[data-testid="letter"] dl').waitFor(); }],
  ];
  for (const [language, theme, width] of LOOKS) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(base);
    await page.evaluate(([lang, dark]) => { localStorage.setItem('lumenarc.language', lang); localStorage.setItem('lumenarc.theme', dark); }, [language, theme]);
    for (const [name, study, open] of VIEWS) {
      await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`);
      await open();
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${shots}/object-${name}-${language}-${theme}-${width}.png` });
      await page.evaluate(source);
      const { violations } = await page.evaluate((rules) => window.axe.run(document, { runOnly: rules }), RULES);
      wrong.push(...violations.map((one) => `${name} ${language} ${width} ${one.id}: ${one.nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).join(' | ')}`));
    }
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual(problems.filter((problem) => !problem.includes('422')), []);
}
