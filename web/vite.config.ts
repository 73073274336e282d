// How is the page built? Into the Python package, with hashed assets, so that doors/http serves it as it lies.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  plugins: [svelte()],
  build: { target: 'es2023', assetsInlineLimit: 0, outDir: '../src/lumenarc/web_dist', emptyOutDir: true },
});
