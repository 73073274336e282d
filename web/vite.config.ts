// How is the page built? Into the Python package, with hashed and pre-compressed assets, so that doors/http serves it as it lies.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const OUT = '../src/lumenarc/web_dist';
const PACKABLE = /\.(html|js|css|svg|json|wasm)$/;

/** Write a .br and a .gz beside every text and WebAssembly file, when that saves something. */
function packAhead(): Plugin {
  return {
    name: 'pack-ahead',
    apply: 'build',
    closeBundle() {
      for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !PACKABLE.test(entry.name)) continue;
        const file = join(entry.parentPath, entry.name);
        const plain = readFileSync(file);
        if (plain.length < 1024) continue;
        writeFileSync(`${file}.gz`, gzipSync(plain, { level: 9 }));
        writeFileSync(`${file}.br`, brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
      }
    },
  };
}

export default defineConfig({
  base: '/',
  plugins: [svelte(), packAhead()],
  build: { target: 'es2023', assetsInlineLimit: 0, outDir: OUT, emptyOutDir: true, modulePreload: { polyfill: false } },
  worker: { format: 'es' },
});
