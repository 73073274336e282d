// How long from the click on a study to its first image, to all of it, and how fast does it scroll? The same questions to two viewers, in one browser.
import { withPage } from '../browser/chromium.mjs';
import { serveOhif } from './ohif.mjs';

const facts = JSON.parse(process.argv[2]);

/** How each of them is asked: what is clicked, which image it shows, how many it holds. Functions run in the page. */
const VIEWERS = {
  lumenarc: {
    async open(page, listed) {
      const row = page.locator('[role="row"][aria-rowindex="2"]');
      await row.waitFor();
      listed();
      await row.hover();
      await page.waitForTimeout(facts.hoverMs);
      return () => row.dblclick();
    },
    shown: () => document.querySelector('[data-testid="cell-0"][data-shown="true"]') !== null,
    preview: () => { const picture = document.querySelector('[data-testid="preview"]'); return globalThis.asked.shown() || (picture instanceof HTMLImageElement && picture.complete && picture.naturalWidth > 0); },
    loaded: () => { const [bar] = document.querySelectorAll('[data-testid="series"] progress'); return bar instanceof HTMLProgressElement && bar.value >= 1; },
    image: () => document.querySelector('[data-testid="image-number"]')?.textContent ?? '',
    target: () => document.querySelector('[data-testid="cell-0"] .viewport-element'),
  },
  ohif: {
    async open(page, listed) {
      const row = page.locator('table tbody tr').filter({ hasText: facts.patient }).first();
      await row.waitFor({ timeout: 90_000 });
      listed();
      await row.click();
      await page.waitForTimeout(facts.hoverMs);
      return () => row.dblclick();
    },
    shown: () => globalThis.cornerstone?.getRenderingEngines?.()?.some((engine) => engine.getViewports().some((viewport) => viewport.viewportStatus === 'rendered' && viewport.getCornerstoneImage?.())) ?? false,
    preview: () => false,
    loaded: (count) => (globalThis.cornerstone?.cache?._imageCache?.size ?? 0) >= count && [...globalThis.cornerstone.cache._imageCache.values()].filter((one) => one.image || one.loaded).length >= count,
    image: () => String(globalThis.cornerstone.getRenderingEngines()[0].getViewports()[0].getCurrentImageIdIndex()),
    target: () => document.querySelector('.viewport-element'),
  },
};

/** Wait in the page, frame by frame, until something holds; return when, in milliseconds since the click. */
const since = (page, ask, given) => page.evaluate(([code, value]) => new Promise((done, fail) => {
  const holds = globalThis.asked[code];
  requestAnimationFrame(function look() {
    const ms = performance.now() - globalThis.clicked;
    if (holds(value)) done(ms);
    else if (ms > 120_000) fail(new Error(`${code}: not within two minutes`));
    else requestAnimationFrame(look);
  });
}), [ask, given]);

/** Turn the wheel once a frame; return how many frames a second showed another image, and how many frames there were. */
const scroll = (page, nFrames) => page.evaluate((n) => new Promise((done) => {
  const { image, target } = globalThis.asked;
  const element = target();
  const box = element.getBoundingClientRect();
  const [clientX, clientY] = [box.x + box.width / 2, box.y + box.height / 2];
  let [ticks, changes, last, way] = [0, 0, image(), 1];
  const begun = performance.now();
  requestAnimationFrame(function tick() {
    const now = image();
    if (now !== last) changes += 1;
    last = now;
    if (ticks % 100 === 99) way = -way;
    ticks += 1;
    if (ticks > n) { const s = (performance.now() - begun) / 1000; done({ imagesPerS: changes / s, framesPerS: ticks / s }); return; }
    element.dispatchEvent(new WheelEvent('wheel', { deltaY: way * 100, clientX, clientY, bubbles: true, cancelable: true }));
    requestAnimationFrame(tick);
  });
}), nFrames);

const served = facts.who === 'ohif' ? await serveOhif(facts.dist, facts.base) : undefined;
await withPage({ base: served?.base ?? facts.base, viewport: { width: 1280, height: 800 } }, async ({ page, base }) => {
  const viewer = VIEWERS[facts.who];
  const client = await page.context().newCDPSession(page);
  await client.send('Network.enable');
  let bytes = 0;
  client.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
  const functions = Object.entries(viewer).filter(([name]) => name !== 'open').map(([name, code]) => `${JSON.stringify(name)}: ${code}`);
  await page.addInitScript(`globalThis.asked = { ${functions.join(', ')} }; addEventListener('click', () => { globalThis.clicked = performance.now(); }, true);`);
  await page.goto(base);
  let listBytes = 0;
  const click = await viewer.open(page, () => { listBytes = bytes; });
  await click();
  const previewMs = facts.who === 'lumenarc' ? await since(page, 'preview') : 0;
  const firstMs = await since(page, 'shown');
  const allMs = await since(page, 'loaded', facts.count);
  await page.waitForTimeout(500);
  await scroll(page, 30);
  const speed = await scroll(page, 200);
  if (facts.shot) await page.screenshot({ path: facts.shot });
  console.log(JSON.stringify({ previewMs, firstMs, allMs, ...speed, listBytes }));
});
served?.stop();
