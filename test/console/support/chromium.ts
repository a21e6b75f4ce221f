import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { access, chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createBrotliDecompress } from 'node:zlib'
import { chromium, type Browser } from 'playwright-core'

const installed = '/usr/bin/chromium'
const packageFolder = fileURLToPath(new URL('../../../node_modules/@sparticuz/chromium', import.meta.url))

/** It calls home and to the network's configuration otherwise; tests are to be told of every request. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/** Starts a headless Chromium: the machine's, or else the one that the test workspace installs. */
export async function launchChromium(): Promise<Browser> {
  if (await exists(installed)) return chromium.launch({ executablePath: installed, args: flags })
  const folder = await unpackChromium()
  return chromium.launch({
    executablePath: path.join(folder, 'chromium'),
    args: flags,
    env: {
      ...process.env,
      // What a bare Debian lacks comes with the package.
      LD_LIBRARY_PATH: path.join(folder, 'al2023/lib'),
      FONTCONFIG_FILE: path.join(folder, 'fonts.conf'),
    },
  })
}

/** Unpacks the packaged Chromium once for all test files, beside it in `node_modules`. */
async function unpackChromium(): Promise<string> {
  const packed = path.join(packageFolder, 'bin')
  const folder = path.join(packageFolder, 'unpacked')
  if (await exists(folder)) return folder
  const fresh = await mkdtemp(`${folder}-`)
  const binary = path.join(fresh, 'chromium')
  await decompress(path.join(packed, 'chromium.br'), binary)
  await chmod(binary, 0o755)
  for (const name of ['al2023', 'fonts'])
    await untar(path.join(packed, `${name}.tar.br`), path.join(fresh, name))
  // The package's own names folders of another machine.
  await writeFile(path.join(fresh, 'fonts.conf'), fontSettings(path.join(folder, 'fonts')))
  // Another test file may have been quicker; its copy is as good.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }))
  return folder
}

function fontSettings(fonts: string): string {
  const folders = `<dir>${fonts}</dir><cachedir>${fonts}-cache</cachedir>`
  return `<?xml version="1.0"?><fontconfig>${folders}</fontconfig>`
}

async function untar(archive: string, folder: string) {
  await mkdir(folder)
  const tar = `${folder}.tar`
  await decompress(archive, tar)
  await promisify(execFile)('tar', ['-xf', tar, '-C', folder])
  await rm(tar)
}

function decompress(from: string, to: string): Promise<void> {
  return pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to))
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
