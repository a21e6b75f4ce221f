// Runs before anything is installed: plain JavaScript, Node's own modules only.
//
// Each npm script comes here. The order is always the same: install if the lock file changed, build
// if the sources changed, then run. What this file, npm and the compiler say goes to standard error,
// so that standard output belongs to the server.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const nodeFloor = [20, 19]

const installStamp = inRoot('node_modules/.silhouette-install.json')
const lockFile = inRoot('.bootstrap-lock')
// The holder touches its lock this often; after so long untouched it is taken for dead. Long enough
// for an npm to end whose bootstrap was killed: two of them at once tear node_modules apart.
const lockTouchMs = 5_000
const lockStaleMs = 120_000
// What the shell says of a script that was told to stop, once this one was.
let stopCode

const manifests = [
  'package-lock.json',
  'package.json',
  'client/package.json',
  'console/package.json',
  'test/package.json',
  '.npmrc',
]
// What the server needs, and the console to be built: all but `test`.
const startWorkspaces = ['--workspace=console', '--include-workspace-root']
const compilerFiles = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'client/tsconfig.json',
]
const consoleFiles = ['package.json', 'index.html', 'tsconfig.json', 'vite.config.ts'].map(
  (name) => `console/${name}`,
)

/** What each script needs and does; each returns an exit code, or nothing while the server runs. */
const commands = {
  start: async (args) => {
    await install('start')
    await build()
    const main = inRoot('dist/main.js')
    process.argv = [process.execPath, main, ...args]
    // In this process, so that signals reach the server itself.
    await import(pathToFileURL(main).href)
  },
  cli: async (args) => {
    await install('start')
    await build()
    const main = inRoot('dist/cli/main.js')
    process.argv = [process.execPath, main, ...args]
    await import(pathToFileURL(main).href)
  },
  tour: async (args) => {
    await install('start')
    await build()
    const { tour } = await import('./tour.mjs')
    return tour(args)
  },
  build: async () => {
    await install('start')
    await build()
    return 0
  },
  dev: async (args) => {
    await install('full')
    await build()
    void run('tsc', ['-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'])
    return mustRun(process.execPath, ['--watch', inRoot('dist/main.js'), ...args])
  },
  'dev:console': async (args) => {
    await install('full')
    return run('vite', ['console', ...args])
  },
  test: async (args) => {
    await install('full')
    await build()
    return run('vitest', ['run', ...args])
  },
  screenshots: async (args) => {
    await install('full')
    await build()
    return run('vitest', ['run', '--config', 'test/console/screenshots/screenshots.config.ts', ...args])
  },
  'test:cluster': async (args) => {
    await install('full')
    await build()
    return run('tsx', ['scripts/test-cluster.ts', ...args])
  },
  bench: async (args) => {
    await install('full')
    await build()
    return run('tsx', ['bench/run.ts', ...args])
  },
  generate: async (args) => {
    await install('full')
    const code = await run('tsx', ['scripts/generate.ts', '--client', ...args])
    if (code !== 0) return code
    await buildClient()
    return run('tsx', ['scripts/generate.ts', ...args])
  },
  check: async () => {
    await install('full')
    // The command line takes the client as it is built, types and all.
    await buildClient()
    return runAll({
      types: ['tsc', '-p', 'tsconfig.json'],
      'client types': ['tsc', '-p', 'client/tsconfig.json', '--noEmit'],
      'console types': ['tsc', '-p', 'console/tsconfig.json'],
      lint: ['oxlint', '--type-aware', '--deny-warnings'],
      rules: ['tsx', 'scripts/tidy.ts'],
      generated: ['tsx', 'scripts/generate.ts', '--check'],
      format: ['prettier', '--check', '--log-level=warn', '.'],
    })
  },
  fix: async () => {
    await install('full')
    await buildClient()
    return runAll({
      generated: ['tsx', 'scripts/generate.ts'],
      lint: ['oxlint', '--type-aware', '--fix'],
      format: ['prettier', '--write', '--log-level=warn', '.'],
    })
  },
}

/**
 * Installs what the lock file says, unless that was done.
 *
 * Level `start` leaves out the workspace of what only tests need; a `full` installation serves both,
 * and stays full when the lock file changes.
 */
async function install(level) {
  const hash = hashOf(manifests, [process.platform, process.arch, process.versions.modules])
  if (isInstalled(hash, level)) return
  await withLock(async () => {
    const before = readInstallStamp()
    if (isInstalled(hash, level)) return
    const wanted = before?.level === 'full' ? 'full' : level
    say(`installing (${wanted === 'full' ? 'everything' : 'what the server needs'})`)
    // Adding to a current installation leaves in place what a running server may still load.
    const grows = before?.hash === hash
    const how = grows ? ['install', '--no-save'] : ['ci']
    fs.rmSync(installStamp, { force: true })
    await mustRun(...npmCommand([...how, ...(wanted === 'full' ? [] : startWorkspaces)]))
    fs.writeFileSync(installStamp, JSON.stringify({ hash, level: wanted }))
  })
}

function isInstalled(hash, level) {
  const stamp = readInstallStamp()
  return stamp?.hash === hash && (stamp.level === 'full' || level === 'start')
}

function readInstallStamp() {
  const text = readIfThere(installStamp)
  return text === undefined ? undefined : JSON.parse(text)
}

/** Makes what is made of the sources, unless it is current. */
async function build() {
  await buildClient()
  const client = listFiles('client/src')
  await buildFolder('dist', [...listFiles('src'), ...client], tscTo('tsconfig.build.json'))
  const folders = ['console/src', 'console/build', 'console/public']
  await buildFolder(
    'console/dist',
    [...folders.flatMap(listFiles), ...consoleFiles, ...client],
    viteTo('console'),
  )
}

/** The client is compiled first: the command line imports it as `#client`, in a package as in a clone. */
function buildClient() {
  return buildFolder('client/dist', listFiles('client/src'), tscTo('client/tsconfig.json'))
}

function tscTo(project) {
  return (folder) => [tool('tsc'), '-p', project, '--outDir', folder]
}

function viteTo(workspace) {
  return (folder) => [tool('vite'), 'build', workspace, '--outDir', folder, '--logLevel', 'warn']
}

/** Builds a folder from files, unless that was done; the output changes as a whole or not at all. */
async function buildFolder(output, files, commandTo) {
  const stamp = inRoot(`${output}/.build-hash`)
  const hash = hashOf([...files, ...compilerFiles])
  if (readIfThere(stamp) === hash) return
  await withLock(async () => {
    if (readIfThere(stamp) === hash) return
    say(`building ${output}`)
    const fresh = inRoot(`${output}.new`)
    const old = inRoot(`${output}.old`)
    fs.rmSync(fresh, { recursive: true, force: true })
    await mustRun(process.execPath, commandTo(fresh))
    fs.writeFileSync(path.join(fresh, path.basename(stamp)), hash)
    fs.rmSync(old, { recursive: true, force: true })
    if (fs.existsSync(inRoot(output))) fs.renameSync(inRoot(output), old)
    fs.renameSync(fresh, inRoot(output))
    fs.rmSync(old, { recursive: true, force: true })
  })
}

/** Does work that two bootstraps on one clone must not do at the same time. */
async function withLock(work) {
  for (let told = false; !takeLock(); told = true) {
    if (!told) say('waiting for another npm script of this clone to finish installing or building')
    await sleep(200)
  }
  const touch = setInterval(() => fs.utimesSync(lockFile, new Date(), new Date()), lockTouchMs)
  process.once('exit', releaseLock)
  try {
    await work()
  } finally {
    clearInterval(touch)
    process.off('exit', releaseLock)
    releaseLock()
  }
}

/** What stands in our lock: whoever finds it can tell whether one of these still runs. */
function lockText(child) {
  return JSON.stringify({ host: hostname(), pids: [process.pid, ...(child === undefined ? [] : [child])] })
}

function takeLock() {
  try {
    fs.writeFileSync(lockFile, lockText(), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  const found = readIfThere(lockFile)
  if (found === undefined || !isAbandoned(found)) return false
  clearLock(found)
  return takeLock()
}

/** Takes an abandoned lock away, unless another process was quicker and it is a fresh one by then. */
function clearLock(abandoned) {
  const aside = `${lockFile}.${process.pid}`
  try {
    fs.renameSync(lockFile, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  if (readIfThere(aside) === abandoned) fs.rmSync(aside, { force: true })
  else fs.renameSync(aside, lockFile)
}

function releaseLock() {
  const isOurs = readIfThere(lockFile)?.includes(`[${process.pid}`)
  if (isOurs) fs.rmSync(lockFile, { force: true })
}

function isAbandoned(lock) {
  if (Date.now() - (fs.statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > lockStaleMs)
    return true
  // Nothing stands in it for the instant between its making and its writing.
  const holder = lock === '' ? undefined : JSON.parse(lock)
  return holder?.host === hostname() && !holder.pids.some(isAlive)
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, and is another user's.
    return error.code !== 'ESRCH'
  }
}

/** Runs one of the installed tools and hands on its exit code. */
function run(name, args) {
  return runChild(process.execPath, [tool(name), ...args], 'inherit')
}

/** Runs every check even if one fails, then says which did. */
async function runAll(checks) {
  const failed = []
  for (const [title, [name, ...args]] of Object.entries(checks)) {
    const startMs = Date.now()
    const code = await run(name, args)
    say(`${title}: ${code === 0 ? 'ok' : 'failed'} (${((Date.now() - startMs) / 1000).toFixed(1)} s)`)
    if (code !== 0) failed.push(title)
  }
  if (failed.length > 0) say(`failed: ${failed.join(', ')}`)
  return failed.length > 0 ? 1 : 0
}

/** Runs a step of installing or building, under the lock; ends this process if it fails. */
async function mustRun(command, args) {
  const code = await runChild(command, args, 2, (child) => fs.writeFileSync(lockFile, lockText(child)))
  if (code === 0 && stopCode === undefined) return
  if (stopCode === undefined) say(`failed (exit code ${code}): ${path.basename(command)} ${args.join(' ')}`)
  process.exit(stopCode ?? 1)
}

/**
 * Runs a child in the root, handing signals on to it.
 *
 * @param output  where its standard output goes: `inherit`, or 2 for standard error
 * @param started told the child's process id
 * @returns       its exit code; 128 and more if a signal ended it, as a shell would say
 */
function runChild(command, args, output, started = () => {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['inherit', output, 'inherit'] })
    if (child.pid !== undefined) started(child.pid)
    const handOn = (signal) => {
      stopCode = signal === 'SIGINT' ? 130 : 143
      // A terminal has given its Ctrl-C to the child as well; a second one means: at once.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    }
    process.on('SIGTERM', handOn)
    process.on('SIGINT', handOn)
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      process.off('SIGTERM', handOn)
      process.off('SIGINT', handOn)
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143))
    })
  })
}

/** The npm that runs this script, or the one on the path when node was called directly. */
function npmCommand(args) {
  const npm = process.env.npm_execpath
  return npm?.endsWith('.js') ? [process.execPath, [npm, ...args]] : ['npm', args]
}

function tool(name) {
  return fs.realpathSync(inRoot(`node_modules/.bin/${name}`))
}

function hashOf(files, facts = []) {
  const hash = createHash('sha256').update(facts.join(' '))
  for (const file of files) hash.update(`\0${file}\0`).update(fs.readFileSync(inRoot(file)))
  return hash.digest('hex')
}

function listFiles(folder) {
  return fs
    .readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .toSorted()
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function inRoot(name) {
  return path.join(root, name)
}

function say(text) {
  process.stderr.write(`silhouette: ${text}\n`)
}

/** Says what to do when Node is too old, before anything fails in a way that hides the reason. */
function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [floorMajor, floorMinor] = nodeFloor
  if (major > floorMajor || (major === floorMajor && minor >= floorMinor)) return
  say(`needs Node ${nodeFloor.join('.')} or newer; this is ${process.versions.node} (${process.execPath})`)
  process.exit(1)
}

requireNode()
const [name, ...args] = process.argv.slice(2)
const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined
if (command === undefined) {
  say(`unknown script "${name ?? ''}"; there are ${Object.keys(commands).join(', ')}`)
  process.exit(2)
}
const exitCode = await command(args)
if (exitCode !== undefined) process.exit(exitCode)
