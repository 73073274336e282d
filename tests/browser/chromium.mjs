// How does a test drive the page? Debian's Chromium without a window, drawing in software; anything the page complains about fails it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '../../web/node_modules/playwright-core/index.mjs';

const FLAGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--disable-gpu', '--enable-unsafe-swiftshader'];

/** Open a page of the archive and run a scenario on it; `problems` collects console errors and refused contents. */
export async function withPage({ base, viewport = { width: 1280, height: 800 }, locale = 'en-GB', more = {} }, scenario) {
  const profile = mkdtempSync(join(tmpdir(), 'lumenarc-chromium-'));
  const problems = [];
  const context = await chromium.launchPersistentContext(profile, { executablePath: '/usr/bin/chromium', headless: true, args: FLAGS, viewport, locale, ...more });
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    page.on('console', (message) => { if (message.type() === 'error') problems.push(message.text()); });
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('response', (response) => { if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`); });
    return await scenario({ page, base, problems, context });
  } catch (reason) {
    await context.pages()[0]?.screenshot({ path: join(tmpdir(), 'lumenarc-failed.png') }).catch(() => undefined);
    console.error('The page told:', problems);
    throw reason;
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Read the canvas of a cell as RGBA bytes with its size. */
export function pixelsOf(page, cell = 'cell-0') {
  return page.evaluate((id) => {
    const canvas = document.querySelector(`[data-testid="${id}"] canvas`);
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const context = copy.getContext('2d');
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return { width: canvas.width, height: canvas.height, data: Array.from(data.filter((_, i) => i % 4 === 0)) };
  }, cell);
}
