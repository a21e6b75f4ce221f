import react from '@vitejs/plugin-react'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import macros from 'unplugin-parcel-macros'
import { defineConfig } from 'vite'
import { compress } from './build/compress.ts'
import { spectrum } from './build/spectrum.ts'

const here = path.dirname(fileURLToPath(import.meta.url))

/** Where `npm run dev:console` finds the server. */
const server = process.env['SILHOUETTE_URL'] ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root: here,
  base: '/console/',
  // Macros first: they run on the sources, before JSX is compiled.
  plugins: [macros.vite(), spectrum(), react(), compress()],
  resolve: {
    alias: { '@silhouette/client': path.join(here, '../client/src/index.ts') },
  },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // A name that no client's code can have.
    assetsDir: '_assets',
    // One style sheet: the order of React Spectrum's rules counts, and screens share most of them.
    cssCodeSplit: false,
    cssMinify: 'lightningcss',
    // Inlined files would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
  },
  server: {
    proxy: { '^/(?!console/)': { target: server, changeOrigin: false } },
  },
})
