// How is Cornerstone3D started, once for the page? With our loader, our reading of headers, and a bounded cache.
import type { RenderingEngine } from '@cornerstonejs/core';
import { loadImage } from './image_loader';
import { provideMetadata } from './metadata_provider';
import { cornerstone, dicomLoader, tools } from './packages';
import { installTools } from './tool_groups';

const ENGINE = 'lumenarc';
const GIB = 2 ** 30;
let started: Promise<RenderingEngine> | undefined;

/** Return the rendering engine; the first call starts everything. */
export function engine(): Promise<RenderingEngine> {
  started ??= start();
  return started;
}

async function start(): Promise<RenderingEngine> {
  await cornerstone.init({ rendering: { webGlContextCount: 2 } } as Parameters<typeof cornerstone.init>[0]);
  dicomLoader.init({ maxWebWorkers: Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1)) });
  tools.init();
  cornerstone.imageLoader.registerImageLoader('lumenarc', loadImage as Parameters<typeof cornerstone.imageLoader.registerImageLoader>[1]);
  cornerstone.metaData.addProvider(provideMetadata, 10_000);
  cornerstone.cache.setMaxCacheSize(cacheLimitBytes());
  installTools();
  return new cornerstone.RenderingEngine(ENGINE);
}

/** Return how many bytes of images may be held: a quarter of the memory that the browser tells of, at most 3 GiB. */
export function cacheLimitBytes(): number {
  const memoryGib = (navigator as { deviceMemory?: number }).deviceMemory ?? 4;
  return Math.min(3, Math.max(0.5, memoryGib / 4)) * GIB;
}

/** Free everything that the viewer held; the engine starts anew when it is asked for again. */
export function purge(): void {
  cornerstone.cache.purgeCache();
}
