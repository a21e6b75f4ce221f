import type { Config } from '../../config.ts'
import { readCopyMark } from '../../domain/copies.ts'
import { clusterOf } from '../../services.ts'
import type { ClusterLocation } from '../../lib/cluster-url.ts'
import {
  inspectCluster,
  type ClusterLook,
  type KeyspaceLook,
  type NodeLook,
  type NodeWords,
} from '../../store/cassandra/inspect.ts'
import { clockSkewMsMax } from '../../store/cassandra/nodes.ts'
import type { Store } from '../../store/store.ts'
import { findingsOf, listText, reasonOf, type Finding } from './finding.ts'

const store = findingsOf('store')
const cluster = findingsOf('cluster')
const clock = findingsOf('clock')

/** Copies in a data centre of which one may be lost while a quorum is left. */
const copiesMin = 3

/** Below it a clock is good enough; above, whoever minds should know, ms. */
const skewMsToTell = 250

/** The oldest version of Cassandra that is looked after by its makers. */
const majorMin = 4

/** A node that is away for longer than deletions are kept brings back what was deleted, seconds. */
const graceSecondsMin = 3 * 86_400

export interface ClusterFindings {
  readonly findings: readonly Finding[]
  /** Whether a store can be opened there. */
  readonly isUsable: boolean
}

/** Looks at the nodes and the keyspace of a cluster. */
export async function lookAtCluster(config: Config, location: ClusterLocation): Promise<ClusterFindings> {
  const { keyspace } = location
  let look: ClusterLook
  try {
    look = await inspectCluster(clusterOf(config, location))
  } catch (error) {
    const todo = 'see that one of its hosts is up and reached from here, and that user and password are right'
    return { findings: [store.problem(reasonOf(error), todo)], isUsable: false }
  }
  const nodes = judgeNodes(look.nodes, location.datacenter)
  if (look.keyspace === undefined) {
    const todo = 'the first start makes it, or `silhouette store migrate`; else mend SILHOUETTE_STORE_URL'
    const absent = store.warning(`there is no keyspace ${keyspace}`, todo)
    return { findings: [absent, ...nodes], isUsable: false }
  }
  const layout = judgeLayout(keyspace, look.keyspace)
  const findings = [
    layout,
    ...nodes,
    ...judgeCopies(look.keyspace, look.nodes, location),
    judgeConsistency(location),
    ...judgeGrace(look.keyspace),
  ]
  return { findings, isUsable: layout.level === 'ok' }
}

/** Finds nodes that are down, versions and definitions that differ, and clocks that are off. */
export function judgeNodes(nodes: readonly NodeLook[], datacenter: string): Finding[] {
  const said = nodes.flatMap((node) => (node.said ? [{ ...node, ...node.said }] : []))
  const silent = nodes.filter((node) => node.said === undefined)
  const own = silent.filter((node) => node.datacenter === datacenter).map(({ address }) => address)
  const others = silent.filter((node) => node.datacenter !== datacenter).map(({ address }) => address)
  const found: Finding[] = []
  if (own.length > 0)
    found.push(
      cluster.problem(`${listText(own)}: down, or not reached from here`, 'start it, or mend the way to it'),
    )
  if (others.length > 0) {
    const todo = 'if that is meant, ask the doctor there; else start it, or mend the way to it'
    found.push(cluster.warning(`${listText(others)}: of other data centres, not reached from here`, todo))
  }
  const sizes = groupText(nodes, (node) => node.datacenter)
  if (silent.length === 0) found.push(cluster.ok(`${nodes.length} nodes, all up: ${sizes}`))
  return [...found, ...judgeVersions(said), judgeSchema(said), judgeClocks(said)]
}

type Said = Pick<NodeLook, 'address'> & NodeWords

function judgeVersions(said: readonly Said[]): Finding[] {
  const versions = [...new Set(said.map(({ version }) => version))]
  const text = groupText(said, ({ version }) => `Cassandra ${version}`)
  const old = versions.filter((version) => Number.parseInt(version, 10) < majorMin)
  if (old.length > 0)
    return [cluster.problem(`${text}: older than version ${majorMin}`, 'upgrade; tests run on 5.0')]
  if (versions.length > 1)
    return [cluster.warning(`several versions: ${text}`, 'end the upgrade; change no tables until then')]
  return said.length > 0 ? [cluster.ok(text)] : []
}

function judgeSchema(said: readonly Said[]): Finding {
  const count = new Set(said.map(({ schema }) => schema)).size
  if (count <= 1) return cluster.ok('all nodes agree on the tables')
  return cluster.problem(
    `the nodes do not agree on the tables: ${groupText(said, ({ schema }) => schema)}`,
    'ask again in a minute; if they still do not, restart the nodes of the smaller group one by one',
  )
}

function judgeClocks(said: readonly Said[]): Finding {
  const worst = said.toSorted((a, b) => Math.abs(b.skewMs) - Math.abs(a.skewMs))[0]
  const off = Math.abs(worst?.skewMs ?? 0)
  const text = `${worst?.address}: ${off} ms ${(worst?.skewMs ?? 0) > 0 ? 'ahead of' : 'behind'} this machine`
  const todo = 'let NTP keep both clocks: the times of this machine decide which write wins'
  if (off > clockSkewMsMax)
    return clock.problem(`${text}; more than ${clockSkewMsMax} ms, and no server starts`, todo)
  if (off > skewMsToTell) return clock.warning(text, todo)
  return clock.ok(`that of no node is off by more than ${skewMsToTell} ms`)
}

function judgeLayout(keyspace: string, { fault, layout, layoutKnown }: KeyspaceLook): Finding {
  if (fault !== undefined)
    return store.problem(`keyspace ${keyspace}: ${fault}`, 'see what is said of its nodes')
  if (layout === layoutKnown) return store.ok(`keyspace ${keyspace}, layout ${layout}`)
  if (layout !== undefined && layout > layoutKnown) {
    const text = `keyspace ${keyspace} has layout ${layout}; this version knows ${layoutKnown}`
    return store.problem(text, 'upgrade this node to the version of the others')
  }
  return store.warning(
    `keyspace ${keyspace} has ${layout === undefined ? 'no tables' : `layout ${layout}`}`,
    'the next start makes them those of this version, or `silhouette store migrate`',
  )
}

/** Finds data centres that have too few copies to lose a node, or none. */
export function judgeCopies(
  { copies, strategy }: Pick<KeyspaceLook, 'copies' | 'strategy'>,
  nodes: readonly Pick<NodeLook, 'datacenter'>[],
  { datacenter, keyspace }: Pick<ClusterLocation, 'datacenter' | 'keyspace'>,
): Finding[] {
  const text = [...copies].map(([name, count]) => `${name || 'in all'}: ${count}`).join(', ')
  const todo =
    `ALTER KEYSPACE ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', ` +
    `'${datacenter}': 3}, with each data centre in it; then nodetool repair --full on each node`
  if (strategy !== 'NetworkTopologyStrategy') {
    return [cluster.warning(`copies are placed by ${strategy} (${text}), which knows no data centres`, todo)]
  }
  const found: Finding[] = []
  if (!copies.has(datacenter))
    found.push(cluster.problem(`${datacenter} has no copies (${text}): nothing can be read here`, todo))
  const known = new Set(nodes.map((node) => node.datacenter))
  const unknown = [...copies.keys()].filter((name) => !known.has(name))
  if (unknown.length > 0)
    found.push(cluster.problem(`copies belong into ${listText(unknown)}, of which no node is known`, todo))
  const few = [...copies].filter(([, count]) => count < copiesMin).map(([name]) => name)
  if (few.length > 0) {
    const lost = `${listText(few)} (${text}): with fewer than ${copiesMin} copies no node may be lost`
    const nodesIn = (name: string) => nodes.filter((node) => node.datacenter === name).length
    const couldHave = few.some((name) => nodesIn(name) >= copiesMin)
    found.push(couldHave ? cluster.problem(lost, todo) : cluster.warning(lost, todo))
  }
  return found.length > 0 ? found : [cluster.ok(`copies ${text}: one node of each may be lost`)]
}

function judgeConsistency({ consistency }: ClusterLocation): Finding {
  if (consistency === 'local_quorum') return cluster.ok('local_quorum: a region goes on by itself')
  return cluster.warning(
    `${consistency}: each read and write waits for other data centres, and fails when they are cut off`,
    'leave consistency out of the URL, unless that is meant',
  )
}

function judgeGrace({ graceSeconds }: KeyspaceLook): Finding[] {
  if (graceSeconds === undefined) return []
  const days = (graceSeconds / 86_400).toFixed(1)
  if (graceSeconds >= graceSecondsMin)
    return [cluster.ok(`deletions are kept for ${days} days: repair each node more often than that`)]
  return [
    cluster.warning(
      `deletions are kept for ${days} days (gc_grace_seconds): a node away for longer brings them back`,
      'set it to 864000, and repair each node more often than every 10 days',
    ),
  ]
}

/** Finds a copy into the store that is not whole. */
export async function judgeCopy({ documents }: Store): Promise<Finding[]> {
  const mark = await readCopyMark(documents)
  if (mark === undefined || mark.completedAtMs !== undefined) return []
  const todo = 'finish it by `silhouette store copy --final`; no server starts before'
  return [store.problem(`it holds an unfinished copy of ${mark.from}`, todo)]
}

/** `5.0.5 (2), 4.1.7 (1)`. */
function groupText<Item>(items: readonly Item[], groupOf: (item: Item) => string): string {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(groupOf(item), (counts.get(groupOf(item)) ?? 0) + 1)
  return [...counts].map(([group, count]) => `${group} (${count})`).join(', ')
}
