// How is the page built? Into the Python package, with hashed and pre-compressed assets, so that doors/http serves it as it lies.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** Lay the character maps and standard fonts of pdf.js beside the other assets: documents do not always bring theirs. */
function pdfFonts(): Plugin {
  return {
    name: 'pdf-fonts',
    apply: 'build',
    generateBundle() {
      for (const folder of ['cmaps', 'standard_fonts']) {
        const source = fileURLToPath(new URL(`./node_modules/pdfjs-dist/${folder}`, import.meta.url));
        for (const name of readdirSync(source)) this.emitFile({ type: 'asset', fileName: `assets/pdf/${folder}/${name}`, source: readFileSync(join(source, name)) });
      }
    },
  };
}

/** Cornerstone writes the style of a measurement's text as an attribute, which our policy forbids: set it as a property (docs/adr). */
function styleByProperty(): Plugin {
  const forbidden = "textElement.setAttribute('style', combinedStyle);";
  return {
    name: 'style-by-property',
    transform(source, id) {
      if (!/@cornerstonejs\/tools\/.*\/drawTextBox\.js$/.test(id)) return undefined;
      if (!source.includes(forbidden)) throw new Error('drawTextBox.js of Cornerstone has changed: look whether styleByProperty is still needed');
      return { code: source.replace(forbidden, 'textElement.style.cssText = combinedStyle;'), map: null };
    },
  };
}

// vtk.js readers of mesh files that the viewer never opens; one of them would bring in a part of Node.
const UNUSED_READERS = /^@kitware\/vtk\.js\/IO\/(XML\/XMLPolyDataReader|Misc\/(OBJReader|MTLReader)|Geometry\/PLYReader)(\.js)?$/;

export default defineConfig({
  base: '/',
  resolve: { alias: [{ find: UNUSED_READERS, replacement: fileURLToPath(new URL('./src/viewer/core/unused_reader.ts', import.meta.url)) }] },
  plugins: [svelte(), styleByProperty(), pdfFonts(), packAhead()],
  // Browsers that know light-dark(): a theme inside a page (the viewer is always dark) works only with the real one.
  build: { target: 'es2023', cssTarget: ['chrome123', 'firefox120', 'safari17.5'], assetsInlineLimit: 0, outDir: OUT, emptyOutDir: true, modulePreload: { polyfill: false },
    // What the first view needs is one file: each further one is a question of its own before there are rows.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } } } },
  worker: { format: 'es' },
});
