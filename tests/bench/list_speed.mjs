// How long until rows are painted? `node list_speed.mjs '{"base": …, "words": […], "rounds": 3}'` prints milliseconds as JSON.
import { withPage } from '../browser/chromium.mjs';

const facts = JSON.parse(process.argv[2]);

/** Runs in the page before its own code: tells when rows were painted first, and when those of a search were. */
function watch() {
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now()))));
  const searches = new Map();
  let first;
  window.firstRows = new Promise((resolve) => { first = resolve; });
  const observer = new MutationObserver(() => {
    if (!document.querySelector('.row b')) return;
    observer.disconnect();
    void painted().then(first);
  });
  addEventListener('DOMContentLoaded', () => observer.observe(document.body, { childList: true, subtree: true }));
  addEventListener('keydown', (event) => { window.pressedAt = event.timeStamp; }, true);
  const plain = window.fetch;
  window.fetch = async (...given) => {
    const answer = await plain(...given);
    const url = new URL(String(given[0]), location.href);
    const words = url.searchParams.get('q');
    if (url.pathname === '/dicom-web/studies' && words !== null) {
      const text = answer.text.bind(answer);
      // The page reads the answer and draws its rows before the next frame is painted.
      answer.text = async () => { const told = await text(); void painted().then((at) => searches.get(words)?.(at)); return told; };
    }
    return answer;
  };
  window.rowsOf = (words) => new Promise((resolve) => searches.set(words, resolve));
}

const first = [];
const warm = [];
const keys = {};
for (let round = 0; round < facts.rounds; round++) {
  await withPage({ base: facts.base, viewport: { width: 1280, height: 800 } }, async ({ page, base, problems }) => {
    await page.addInitScript(watch);
    // A browser that has just been started is busy with itself for a while.
    await page.waitForTimeout(1500);
    await page.goto(base);
    first.push(await page.evaluate(() => window.firstRows));
    await page.reload();
    warm.push(await page.evaluate(() => window.firstRows));
    for (const word of facts.words) {
      await page.keyboard.press('/');
      await page.getByRole('searchbox').fill('');
      await page.waitForTimeout(facts.rest ?? 600);
      for (let n = 1; n <= word.length; n++) {
        const typed = word.slice(0, n);
        const key = typed.endsWith(' ') ? 'Space' : typed.at(-1);
        // A blank at the end narrows nothing: the page asks nothing anew.
        const waiting = key === 'Space' ? undefined : page.evaluate((words) => window.rowsOf(words).then((at) => at - window.pressedAt), typed);
        await page.keyboard.press(key);
        if (waiting) (keys[typed] ??= []).push(await waiting);
      }
    }
    if (problems.length) throw new Error(problems.join('\n'));
  });
}
console.log(JSON.stringify({ first, warm, keys }));
