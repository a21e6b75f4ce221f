import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { auth, Client, policies, types, type Host } from 'cassandra-driver'
import { within } from '../../lib/within.ts'
import { Gatherer } from './gatherer.ts'
import { adviceOn, isForbidden, mayNotChange, reasonOf, refusalOf } from './failures.ts'
import { askSkewMs, NodeWatch, SilentLast } from './nodes.ts'
import type { Notices } from './notices.ts'
import { readTogetherMax, routingKeyOf, shareOf, type Partition, type PartitionQuery } from './partitions.ts'
import type { NodeStates } from '../store.ts'

/** Where a cluster is and how to speak to it. */
export interface ClusterAddress {
  /** Some of its nodes, `host` or `host:port`; the others are learned from them. */
  readonly hosts: readonly string[]
  readonly keyspace: string
  /** The data centre of this node: its Cassandra nodes are the ones spoken to. */
  readonly datacenter: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** TLS: with the system's authorities, or with the one in this file. */
  readonly tls?: { readonly caFile?: string | undefined } | undefined
  /** How many replicas a read or write waits for: a quorum in this data centre, or in all of them. */
  readonly consistency: 'local_quorum' | 'quorum' | 'each_quorum'
}

/** One statement of CQL with its values. */
export interface Statement {
  readonly query: string
  readonly params: readonly unknown[]
}

/** Values by column. */
export type Row = Readonly<Record<string, unknown>>

/** A page of rows, and where the next one begins: nowhere after the last. */
export interface Page {
  readonly rows: readonly Row[]
  readonly next: string | undefined
}

/** How long connecting to one node may take, ms. */
const connectMsMax = 2_000

/** How long one node may take to answer before the next is asked, ms. */
const answerMsMax = 2_000

/** A node that has not answered by then gets company: the next node is asked as well, ms. */
const askAnotherAfterMs = 800

/** How long a call, and a request with all that it asks, may take, ms: the caller's own limit is 5 s. */
export const requestMsMax = 4_500

/** How often a node that went away is tried again, ms. The driver's default waits up to ten minutes. */
const reconnectEveryMs = 1_000

/** Copies of everything in each data centre, where there are as many nodes. */
export const replicasMax = 3

/** How long a change of the tables may take until all nodes know it, and how often is looked, ms. */
const schemaMsMax = 30_000
const lookEveryMs = 200

/** Rows of one page where all are wanted. */
const pageRows = 1_000

/** Statements that one call of the store has under way at a time. */
export const concurrencyMax = 64

/** The connections to a cluster, and what happens on them: one way to read, two ways to write. */
export class Session {
  readonly #client: Client
  readonly #nodes: NodeWatch
  readonly #reads = new Map<PartitionQuery, Reads>()
  readonly #writes = new Gatherer<Gathered, void>((writes) => this.#writeTogether(writes))
  readonly datacenter: string
  readonly keyspace: string

  constructor(address: ClusterAddress, options: { readonly keyspace: boolean } = { keyspace: true }) {
    this.datacenter = address.datacenter
    this.keyspace = address.keyspace
    this.#client = new Client({
      contactPoints: [...address.hosts],
      localDataCenter: address.datacenter,
      ...(options.keyspace && { keyspace: address.keyspace }),
      ...(address.username !== undefined && {
        authProvider: new auth.PlainTextAuthProvider(address.username, address.password ?? ''),
      }),
      ...(address.tls && { sslOptions: tlsOptions(address.tls) }),
      queryOptions: {
        consistency: types.consistencies[consistencyNames[address.consistency]],
        prepare: true,
        isIdempotent: true,
      },
      socketOptions: { connectTimeout: connectMsMax, readTimeout: answerMsMax, tcpNoDelay: true },
      encoding: { map: Map, set: Set },
      // The first call with a new statement would wait for all nodes, one that hangs among them.
      prepareOnAllHosts: false,
      policies: {
        loadBalancing: new SilentLast(address.datacenter, (host) => this.#nodes.isSilent(host)),
        reconnection: new policies.reconnection.ConstantReconnectionPolicy(reconnectEveryMs),
        retry: new OnceOnTheNextNode(),
        speculativeExecution: new policies.speculativeExecution.ConstantSpeculativeExecutionPolicy(
          askAnotherAfterMs,
          1,
        ),
      },
    })
    this.#nodes = new NodeWatch(this.#client, address.datacenter)
  }

  /**
   * Connects to the cluster.
   *
   * @throws Error that names the nodes tried and what became of each
   */
  async connect(): Promise<void> {
    try {
      await this.#client.connect()
    } catch (error) {
      await this.close()
      const reason = reasonOf(error)
      throw new Error(`the Cassandra cluster cannot be used: ${reason}${adviceOn(reason)}`, { cause: error })
    }
  }

  /** Begins to ask all nodes, so that one that hangs is left out soon; tells of those lost and back. */
  watchNodes(notices: Notices) {
    this.#nodes.start(notices)
  }

  /** How many nodes of this data centre answered when they were asked last. */
  nodeStates(): NodeStates {
    return this.#nodes.states()
  }

  /** Reads rows, page after page: ask for what is bounded. */
  async readAll(query: string, params: readonly unknown[]): Promise<Row[]> {
    const rows: Row[] = []
    let pageState: string | undefined
    do {
      const options = { fetchSize: pageRows, autoPage: false, ...(pageState !== undefined && { pageState }) }
      const result = await this.#run(() => this.#client.execute(query, [...params], options))
      rows.push(...result.rows)
      pageState = result.pageState ?? undefined
    } while (pageState !== undefined)
    return rows
  }

  /** Reads few rows: of a longer result the first page. */
  async read(query: string, params: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.#run(() => this.#client.execute(query, [...params]))
    return rows
  }

  /** Reads the few rows of a partition; partitions that are asked for at once are read together. */
  readPartition(query: PartitionQuery, partition: Partition): Promise<readonly Row[]> {
    const together = (partitions: readonly Partition[]) => this.#readTogether(query, partitions)
    const reads: Reads = this.#reads.get(query) ?? new Gatherer<Partition, readonly Row[]>(together)
    this.#reads.set(query, reads)
    const [client, kind] = partition
    const key = `${this.#replicaOf(partition)}\0${kind}${client}`
    return reads.add(key, 1 / readTogetherMax, partition)
  }

  async #readTogether(query: PartitionQuery, partitions: readonly Partition[]) {
    const [first] = partitions
    if (first === undefined) return []
    if (partitions.length === 1) return [await this.read(query.one, first)]
    const [client, kind] = first
    const ids = [...new Set(partitions.map(([, , text]) => text))]
    const options = { routingKey: routingKeyOf(first) }
    const { rows } = await this.#run(() => this.#client.execute(query.several, [client, kind, ids], options))
    const byId = new Map<string, Row[]>(ids.map((text) => [text, []]))
    for (const row of rows) byId.get(String(row['id']))?.push(row)
    return partitions.map(([, , text]) => byId.get(text)!)
  }

  /**
   * Carries out writes to one partition, as one step, together with those to others at this moment. They
   * may be carried out again: they have times of their own.
   */
  writePartition(partition: Partition, statements: readonly Statement[]): Promise<void> {
    return this.#writes.add(this.#replicaOf(partition), shareOf(statements), { partition, statements })
  }

  async #writeTogether(writes: readonly Gathered[]): Promise<void[]> {
    const all = writes.flatMap(({ statements }) => statements)
    const options = { routingKey: routingKeyOf(writes[0]!.partition) }
    await this.#run(() => {
      if (all.length === 1) return this.#client.execute(all[0]!.query, [...all[0]!.params], options)
      return this.#client.batch(batchOf(all), { logged: false, ...options })
    })
    return writes.map(() => undefined)
  }

  /** The node to ask for a partition, where not every node has it: others of it go together. */
  #replicaOf(partition: Partition): string {
    if (this.#hostsHere().length <= replicasMax) return ''
    const replicas = this.#client.getReplicas(this.keyspace, routingKeyOf(partition))
    return replicas?.find((host) => host.datacenter === this.datacenter)?.address ?? ''
  }

  /** Reads the rows that linearizable writes left, one that is under way brought to its end first. */
  async readSerial(
    query: string,
    params: readonly unknown[],
    scope: 'install' | 'region' = 'install',
  ): Promise<Row[]> {
    const { serial, localSerial } = types.consistencies
    const options = { consistency: scope === 'install' ? serial : localSerial }
    const { rows } = await this.#run(() => this.#client.execute(query, [...params], options))
    return rows
  }

  /** Reads a page of a table, and where the next one begins. */
  async readPage(query: string, fetchSize: number, pageState: string | undefined): Promise<Page> {
    const options = { fetchSize, autoPage: false, ...(pageState !== undefined && { pageState }) }
    const result = await this.#run(() => this.#client.execute(query, [], options))
    return { rows: result.rows, next: result.pageState ?? undefined }
  }

  /**
   * Carries out writes that may be carried out again: they have times of their own, or add what is
   * the same each time. Several of one partition are one step; of several, all or none in the end.
   *
   * While a node hangs the latter is not promised for callers that stop in the middle: Cassandra keeps
   * such a batch on two nodes first, and would wait for one that does not answer.
   */
  async write(statements: readonly Statement[], options: { readonly partitions: 'one' | 'several' }) {
    const [first] = statements
    if (first === undefined) return
    const logged = options.partitions === 'several' && !this.#nodes.isAnySilent
    await this.#run(() => {
      if (statements.length === 1) return this.#client.execute(first.query, [...first.params])
      return this.#client.batch(batchOf(statements), { logged })
    })
  }

  /**
   * Carries out a linearizable write: conditions are judged and the write is done as one step.
   *
   * @param scope `install` for what all data centres agree on, `region` for what concerns this one
   * @returns     whether the conditions held
   * @throws      UncertainWrite when nobody knows whether it was done
   */
  async writeIf(statements: readonly Statement[], scope: 'install' | 'region'): Promise<boolean> {
    const { serial, localSerial } = types.consistencies
    const options = {
      serialConsistency: scope === 'install' ? serial : localSerial,
      isIdempotent: false,
    }
    const result = await this.#run(() => {
      const [first] = statements
      if (first !== undefined && statements.length === 1) {
        return this.#client.execute(first.query, [...first.params], options)
      }
      return this.#client.batch(batchOf(statements), { ...options, logged: true })
    })
    return result.wasApplied()
  }

  /**
   * Carries out a statement that changes the schema, and waits until all nodes agree on it. It is told
   * to one node: of two, one would answer that there was nothing to change, and nobody would wait.
   */
  async changeSchema(query: string): Promise<void> {
    const options = { prepare: false, isIdempotent: false, readTimeout: schemaMsMax }
    try {
      await this.#client.execute(query, [], options)
    } catch (error) {
      throw isForbidden(error) ? mayNotChange(error) : error
    }
    // What one node does not know yet it would refuse. The driver's own look ends after ten seconds.
    for (const untilMs = Date.now() + schemaMsMax; Date.now() < untilMs; await wait(lookEveryMs)) {
      if ((await this.#schemaVersions()).size === 1) return
    }
    throw new Error('the Cassandra nodes do not agree on the tables: see `nodetool describecluster`')
  }

  /** The versions of the tables that the nodes of this data centre have, those that are down aside. */
  async #schemaVersions(): Promise<ReadonlySet<string>> {
    const versions = this.#hostsHere().map(async (host) => {
      const query = 'SELECT schema_version FROM system.local'
      const result = await this.#client.execute(query, [], { host }).catch(() => undefined)
      return String(result?.first()['schema_version'])
    })
    return new Set(await Promise.all(versions))
  }

  #hostsHere(): Host[] {
    const hosts = [...this.#client.hosts.values()]
    return hosts.filter((host) => host.datacenter === this.datacenter && host.isUp())
  }

  /** Lists the nodes of all data centres. */
  hosts(): readonly Host[] {
    return this.#client.hosts.values()
  }

  /** Tells which data centres there are, with the number of nodes in each. */
  datacenters(): ReadonlyMap<string, number> {
    const sizes = new Map<string, number>()
    for (const { datacenter } of this.#client.hosts.values()) {
      sizes.set(datacenter, (sizes.get(datacenter) ?? 0) + 1)
    }
    return sizes
  }

  /** Asks each node of this data centre for its time; leaves out those that do not answer. */
  async clockSkewsMs(): Promise<ReadonlyMap<string, number>> {
    const skews = new Map<string, number>()
    for (const host of this.#hostsHere()) {
      const skewMs = await askSkewMs(this.#client, host).catch(() => undefined)
      if (skewMs !== undefined) skews.set(host.address, skewMs)
    }
    return skews
  }

  async close(): Promise<void> {
    this.#nodes.stop()
    await this.#client.shutdown()
  }

  async #run(work: () => Promise<types.ResultSet>): Promise<types.ResultSet> {
    try {
      return await within(requestMsMax, work(), () => new Error(`no answer within ${requestMsMax} ms`))
    } catch (error) {
      throw refusalOf(error)
    }
  }
}

/** The part of a session that profiles are read and written through. */
export type CellSession = Pick<
  Session,
  'read' | 'readPartition' | 'readSerial' | 'readPage' | 'write' | 'writePartition' | 'writeIf'
>

type Reads = Gatherer<Partition, readonly Row[]>

/** Writes to one partition that wait for others. */
interface Gathered {
  readonly partition: Partition
  readonly statements: readonly Statement[]
}

const consistencyNames = {
  local_quorum: 'localQuorum',
  quorum: 'quorum',
  each_quorum: 'eachQuorum',
} as const

function batchOf(statements: readonly Statement[]) {
  return statements.map(({ query, params }) => ({ query, params: [...params] }))
}

/** What a connection by TLS is made with. */
export function tlsOptions({ caFile }: { readonly caFile?: string | undefined }) {
  return { rejectUnauthorized: true, ...(caFile !== undefined && { ca: [readFileSync(caFile)] }) }
}

function nextHost(policy: policies.retry.RetryPolicy): policies.retry.DecisionInfo {
  // The types ask for a consistency where the driver takes none, which means: the same.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the driver's own policy calls it
  return policy.retryResult(undefined as unknown as types.consistencies, false)
}

/** Tries once more, on another node, where that can do no harm. */
class OnceOnTheNextNode extends policies.retry.RetryPolicy {
  #next(info: policies.retry.OperationInfo): policies.retry.DecisionInfo {
    const mayRepeat = info.nbRetry === 0 && info.executionOptions.isIdempotent()
    return mayRepeat ? nextHost(this) : this.rethrowResult()
  }

  override onReadTimeout(info: policies.retry.OperationInfo) {
    return this.#next(info)
  }

  override onWriteTimeout(info: policies.retry.OperationInfo) {
    return this.#next(info)
  }

  /** Nothing was done, whatever the statement is. */
  override onUnavailable(info: policies.retry.OperationInfo) {
    return info.nbRetry === 0 ? nextHost(this) : this.rethrowResult()
  }

  override onRequestError(info: policies.retry.OperationInfo) {
    return this.#next(info)
  }
}
