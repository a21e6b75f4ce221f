import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** What browsers get compressed; fonts and images are already. */
const compressible = /\.(?:html|js|css|svg|json)$/

/** Below this a compressed file saves less than its headers cost, in bytes. */
const bytesMin = 512

/** Writes each file of the build as `.br` and `.gz` as well, so that the server compresses nothing. */
export function compress(): Plugin {
  let folder = ''
  return {
    name: 'silhouette:compress',
    apply: 'build',
    configResolved(config) {
      folder = path.resolve(config.root, config.build.outDir)
    },
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !compressible.test(entry.name)) continue
        writeCompressed(path.join(entry.parentPath, entry.name))
      }
    },
  }
}

function writeCompressed(file: string) {
  const bytes = readFileSync(file)
  if (bytes.length < bytesMin) return
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }))
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }))
}
