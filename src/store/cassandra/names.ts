import { mapConcurrently } from '../../lib/pool.ts'
import { ownText } from '../../lib/text.ts'
import type { Session } from './session.ts'

/** Partitions that the names of one tenant are spread over. */
const shards = 16

/** Names that are noted for a tenant: what makes up names without end is of no use as a list. */
const namesMax = 65_535

/** Tenants whose names are remembered; past it the memory starts anew. */
const rememberedMax = 1_000

const shardNumbers = Array.from({ length: shards }, (_, shard) => shard)

/** Names of the attributes that profiles were given, by tenant. Each node writes a name once. */
export class Names {
  readonly #session: Session
  readonly #known = new Map<string, Set<string>>()

  constructor(session: Session) {
    this.#session = session
  }

  /** Notes names that were written. */
  async note(tenant: string, names: ReadonlySet<string>): Promise<void> {
    if (names.size === 0) return
    const known = this.#known.get(tenant) ?? (await this.#load(tenant))
    const fresh = [...names].filter((name) => !known.has(name)).slice(0, namesMax - known.size)
    await mapConcurrently(fresh, shards, async (name) => {
      const query = 'INSERT INTO names (client, shard, name) VALUES (?, ?, ?)'
      await this.#session.write([{ query, params: [tenant, shardOf(name), name] }], { partitions: 'one' })
      // The name may be a piece of a whole query, which would stay with it.
      known.add(ownText(name))
    })
  }

  async list(tenant: string): Promise<string[]> {
    return [...(await this.#load(tenant))]
  }

  async #load(tenant: string): Promise<Set<string>> {
    const query = `SELECT name FROM names WHERE client = ? AND shard = ? LIMIT ${namesMax}`
    const lists = await mapConcurrently(shardNumbers, shards, (shard) =>
      this.#session.readAll(query, [tenant, shard]),
    )
    const names = new Set(lists.flat().map((row) => String(row['name'])))
    if (this.#known.size >= rememberedMax) this.#known.clear()
    this.#known.set(tenant, names)
    return names
  }
}

function shardOf(name: string): number {
  let hash = 0
  for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) >>> 0
  return hash % shards
}
