import type { NodeStates } from '../store.ts'
import { silent as unheard, type Notices } from './notices.ts'
import { policies, types, type Client, type ExecutionOptions, type Host } from 'cassandra-driver'

/** The most that a database node's clock may differ from ours, ms: our times decide what wins. */
export const clockSkewMsMax = 1_000

/** How often each node is asked, and how long it may take before it counts as silent, ms. */
const askEveryMs = 500
const answerMsMax = 500

/**
 * Asks each node of this data centre twice a second, so that one that hangs is known within a second: it
 * neither answers nor closes its connections, so the driver goes on sending to it.
 */
export class NodeWatch {
  readonly #client: Client
  readonly #datacenter: string
  readonly #silent = new Set<string>()
  readonly #asked = new Set<string>()
  readonly #skewed = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #notices = unheard

  constructor(client: Client, datacenter: string) {
    this.#client = client
    this.#datacenter = datacenter
  }

  start(notices: Notices) {
    this.#notices = notices
    this.#timer = setInterval(() => this.#askAll(), askEveryMs).unref()
  }

  stop() {
    clearInterval(this.#timer)
  }

  /** Also one that the driver takes to be down, of which the others may not know yet. */
  get isAnySilent(): boolean {
    return this.#silent.size > 0
  }

  states(): NodeStates {
    const here = this.#hostsHere().length
    return { answering: here - this.#silent.size, silent: this.#silent.size }
  }

  isSilent({ address }: Pick<Host, 'address'>): boolean {
    return this.#silent.has(address)
  }

  #askAll() {
    const here = this.#hostsHere()
    for (const host of here) {
      if (this.#asked.has(host.address)) continue
      if (host.isUp()) void this.#ask(host)
      else this.#lose(host)
    }
    const known = new Set(here.map(({ address }) => address))
    for (const address of this.#silent) if (!known.has(address)) this.#silent.delete(address)
  }

  #hostsHere(): Host[] {
    return this.#client.hosts.values().filter((host) => host.datacenter === this.#datacenter)
  }

  #lose({ address }: Host) {
    if (this.#silent.has(address)) return
    this.#silent.add(address)
    this.#notices.warn(`Cassandra node ${address} does not answer; it is asked last`)
  }

  /** A start is refused for it; of a clock that goes wrong later whoever runs the service is told. */
  #judgeClock({ address }: Host, skewMs: number) {
    if (Math.abs(skewMs) <= clockSkewMsMax) {
      if (this.#skewed.delete(address))
        this.#notices.info(`the clock of Cassandra node ${address} is right again`)
      return
    }
    if (this.#skewed.has(address)) return
    this.#skewed.add(address)
    this.#notices.warn(describeSkew(address, skewMs))
  }

  async #ask(host: Host) {
    this.#asked.add(host.address)
    try {
      this.#judgeClock(host, await askSkewMs(this.#client, host))
      if (this.#silent.delete(host.address))
        this.#notices.info(`Cassandra node ${host.address} answers again`)
    } catch {
      this.#lose(host)
    } finally {
      this.#asked.delete(host.address)
    }
  }
}

/** What to do about a clock that is off. */
export function describeSkew(address: string, skewMs: number): string {
  const off = `${Math.abs(skewMs)} ms ${skewMs > 0 ? 'ahead of' : 'behind'} this machine's`
  return (
    `the clock of Cassandra node ${address} is ${off}; at most ${clockSkewMsMax} ms are taken: ` +
    'set both by NTP'
  )
}

/** Asks a node how far its clock is ahead of ours, ms; what may have passed on the way is not skew. */
export async function askSkewMs(client: Client, host: Host): Promise<number> {
  const beforeMs = Date.now()
  const theirMs = await askTime(client, host)
  return theirMs < beforeMs ? theirMs - beforeMs : Math.max(0, theirMs - Date.now())
}

/** Asks a node, and no other one, for its time, epoch ms. */
async function askTime(client: Client, host: Host): Promise<number> {
  const result = await client.execute('SELECT now() AS now FROM system.local', [], {
    host,
    readTimeout: answerMsMax,
  })
  const now: unknown = result.first()['now']
  if (!(now instanceof types.TimeUuid)) throw new Error(`node ${host.address} does not tell its time`)
  return now.getDate().getTime()
}

/** The driver's own choice, replicas first, but nodes that are silent last. */
export class SilentLast extends policies.loadBalancing.DefaultLoadBalancingPolicy {
  readonly #isSilent: (host: Host) => boolean

  constructor(datacenter: string, isSilent: (host: Host) => boolean) {
    super({ localDc: datacenter })
    this.#isSilent = isSilent
  }

  override newQueryPlan(
    keyspace: string,
    options: ExecutionOptions,
    callback: (error: Error, iterator: Iterator<Host>) => void,
  ) {
    super.newQueryPlan(keyspace, options, (error, plan) => callback(error, plan && this.#sort(plan)))
  }

  *#sort(plan: Iterator<Host>): Iterator<Host> {
    const silent: Host[] = []
    for (let next = plan.next(); next.done !== true; next = plan.next()) {
      if (this.#isSilent(next.value)) silent.push(next.value)
      else yield next.value
    }
    yield* silent
  }
}
