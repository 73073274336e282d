// Can everybody use what is shown now? axe (WCAG 2.0 to 2.2, A and AA), in both themes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const SOURCE = readFileSync(new URL('../../web/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Fail when axe finds something wrong with the page as it stands, light or dark. */
export async function accessible(page, name) {
  // Evaluated by the driver, not by the page: the policy of the page allows no such thing.
  await page.evaluate(SOURCE);
  const chosen = await page.evaluate(() => document.documentElement.dataset.theme);
  for (const theme of ['light', 'dark']) {
    await page.evaluate((one) => { document.documentElement.dataset.theme = one; }, theme);
    // Colours that still change would be judged by what they are on the way.
    await page.waitForFunction(() => document.getAnimations().every((one) => one.playState === 'finished' || one.effect?.getComputedTiming().endTime === Infinity));
    const { violations } = await page.evaluate((rules) => window.axe.run(document, { runOnly: rules }), RULES);
    assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).join(' | ')}`), [], `${name}, ${theme}`);
  }
  await page.evaluate((one) => { document.documentElement.dataset.theme = one; }, chosen ?? 'system');
}
