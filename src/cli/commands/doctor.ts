import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { readConfig, type Config, type ConfigFault } from '../../config.ts'
import type { ClusterLocation } from '../../lib/cluster-url.ts'
import { buildContext, openStore } from '../../services.ts'
import type { Store } from '../../store/store.ts'
import { addVerb, runs } from '../command.ts'
import { judgeCopy, lookAtCluster } from '../doctor/cluster.ts'
import { judgeDisk, judgeRights } from '../doctor/files.ts'
import { findingsOf, reasonOf, type Finding } from '../doctor/finding.ts'
import { judgeCertificate, judgeServer } from '../doctor/server.ts'
import { judgeBatches, judgeClients } from '../doctor/service.ts'
import { judgeSettings } from '../doctor/settings.ts'
import { judgeClock, judgeSecretKey, judgeUploads, lookAtStore } from '../doctor/store.ts'
import { Refused, UsageError } from '../errors.ts'
import type { Print } from '../print.ts'
import type { Shell } from '../shell.ts'

interface DoctorOptions {
  readonly url?: string
  readonly quick?: true
}

/** `doctor`: what is wrong with an install, and what to do about it. */
export function addDoctor(program: Command, shell: Shell): void {
  const doctor = addVerb(program, 'doctor [settings...]', {
    summary: 'find what is wrong with an install, and say what to do',
    details:
      'Looks at settings, store, rights of files, secret key, disk, clock, certificate, clients, tokens, ' +
      'batches and the server; of a cluster at its nodes, tables and copies. Runs on the machine of the ' +
      'store, or of a node, beside its server or without one, and changes nothing. Give it the settings ' +
      'that the server has, as variables or as the same flags. ' +
      'Exit codes: 0 no problem, 1 problems found, 2 bad usage.',
    examples: [
      'silhouette doctor',
      'silhouette doctor --store lmdb:/var/lib/silhouette --port 9000',
      'silhouette doctor --quick --json',
    ],
  })
  doctor
    .usage('[options] [settings]')
    .option('--url <address>', 'where the server is, if not at SILHOUETTE_HOST and SILHOUETTE_PORT')
    .option('--quick', 'leave out reading every record of the store (some seconds a million)')
    .allowUnknownOption()
  runs<DoctorOptions>(doctor, shell, async ({ options, print }, ...settings) => {
    const reading = readConfig({ env: shell.env, argv: settings })
    const faults = reading.kind === 'faults' ? reading.faults : []
    const slip = faults.find(({ name }) => settings.some((setting) => setting.split('=')[0] === name))
    if (slip) throw new UsageError(`${slip.name} ${slip.message}.`)
    const findings =
      reading.kind === 'config' ? await examine(reading.config, options) : findingsOfFaults(faults)
    show(print, findings)
    const problems = findings.filter(({ level }) => level === 'problem').length
    if (problems > 0) throw new Refused(problems === 1 ? '1 problem found.' : `${problems} problems found.`)
  })
}

function findingsOfFaults(faults: readonly ConfigFault[]): Finding[] {
  const settings = findingsOf('settings')
  return [
    ...faults.map(({ name, message }) =>
      settings.problem(`${name} ${message}`, 'the server does not start with it'),
    ),
    settings.warning('nothing else was looked at', 'mend the settings, then ask again'),
  ]
}

async function examine(config: Config, { quick, url }: DoctorOptions): Promise<Finding[]> {
  const findings = [...judgeSettings(config), ...(await judgeCertificate(config))]
  if (config.storeUrl.kind === 'cassandra')
    return [
      ...findings,
      ...(await examineCluster(config, config.storeUrl)),
      ...(await judgeServer(config, url, 'unknown')),
    ]
  if (config.storeUrl.kind === 'memory') {
    const elsewhere = findingsOf('store').ok('memory: it has no files here to look at')
    return [...findings, elsewhere, ...(await judgeServer(config, url, 'unknown'))]
  }
  const { directory } = config.storeUrl
  const look = await lookAtStore(directory, { everyRecord: quick !== true })
  findings.push(...look.findings)
  if (look.inspection === undefined) return [...findings, ...(await judgeServer(config, url, undefined))]
  const { inspection } = look
  findings.push(
    ...(await judgeRights(directory)),
    ...(await judgeDisk(directory, config.batchBytesMax)),
    judgeClock(inspection.latestAtMs, statSync(fileURLToPath(import.meta.url)).mtimeMs),
    ...judgeUploads(inspection),
  )
  const store = await openStore(config, { as: 'reader' })
  try {
    const context = buildContext(config, store, () => {})
    findings.push(
      ...(await judgeCopy(store)),
      await judgeSecretKey(config, directory, store),
      ...(await judgeClients(context, config)),
      await judgeBatches(context, inspection.server?.isAlive === true),
    )
  } finally {
    await store.close()
  }
  return [...findings, ...(await judgeServer(config, url, inspection.server))]
}

/** What of a cluster can be seen from here, and what is wrong with what it keeps. */
async function examineCluster(config: Config, location: ClusterLocation): Promise<Finding[]> {
  const { findings, isUsable } = await lookAtCluster(config, location)
  if (!isUsable) return [...findings]
  let store: Store
  try {
    store = await openStore(config, { as: 'reader' })
  } catch (error) {
    return [
      ...findings,
      findingsOf('store').problem(reasonOf(error), 'no server starts before that is mended'),
    ]
  }
  try {
    const context = buildContext(config, store, () => {})
    return [
      ...findings,
      ...(await judgeCopy(store)),
      await judgeSecretKey(config, undefined, store),
      ...(await judgeClients(context, config)),
      // Whether any node is served cannot be seen: what waits for long is told of.
      await judgeBatches(context, true),
    ]
  } finally {
    await store.close()
  }
}

function show(print: Print, findings: readonly Finding[]) {
  const rows = findings.flatMap(({ level, check, text, todo }) => [
    { level, check, text },
    ...(todo === undefined ? [] : [{ level: '', check: '', text: `→ ${todo}` }]),
  ])
  const columns = {
    LEVEL: (row: (typeof rows)[number]) => row.level,
    CHECK: (row: (typeof rows)[number]) => row.check,
    FINDING: (row: (typeof rows)[number]) => row.text,
  }
  print.table({ findings }, rows, columns, 'Nothing was looked at.')
}
