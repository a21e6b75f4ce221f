import { numberOf } from './columns.ts'
import type { Session } from './session.ts'

/** How long another node's removal of a client may go unseen, ms. */
const freshMs = 500

/** Tenants that are remembered; past it the memory starts anew. */
const rememberedMax = 10_000

/**
 * The text by which the profiles of a client are kept. It changes when the client is removed, which
 * is how all its profiles are gone at once: nobody could name them one by one.
 */
export class Tenants {
  readonly #session: Session
  /** Reads, some of them under way: who wants the same meanwhile waits for it. */
  readonly #known = new Map<string, { removals: Promise<number>; readAtMs: number }>()

  constructor(session: Session) {
    this.#session = session
  }

  async tenantOf(client: string): Promise<string> {
    const known = this.#known.get(client)
    const isFresh = known && performance.now() - known.readAtMs < freshMs
    return tenant(client, await (isFresh ? known.removals : this.#remember(client)))
  }

  async remove(client: string): Promise<void> {
    const removals = (await this.#read(client)) + 1
    // The number is its own time: of two nodes that remove at once, both write the same.
    const query = 'UPDATE removals USING TIMESTAMP ? SET removals = ? WHERE client = ?'
    await this.#session.write([{ query, params: [removals, removals, client] }], { partitions: 'one' })
    this.#known.delete(client)
  }

  /** Tells whether the profiles of a tenant belong to a client as it was before it was removed. */
  async isRemoved(text: string): Promise<boolean> {
    const [client = ''] = text.split('#')
    return (await this.tenantOf(client)) !== text
  }

  #remember(client: string): Promise<number> {
    if (this.#known.size >= rememberedMax) this.#known.clear()
    const removals = this.#read(client)
    const entry = { removals, readAtMs: performance.now() }
    this.#known.set(client, entry)
    // What failed is not remembered.
    removals.catch(() => this.#known.get(client) === entry && this.#known.delete(client))
    return removals
  }

  async #read(client: string): Promise<number> {
    const [row] = await this.#session.read('SELECT removals FROM removals WHERE client = ?', [client])
    return numberOf(row?.['removals']) ?? 0
  }
}

/** No client's code holds a `#`. */
function tenant(client: string, removals: number): string {
  return removals === 0 ? client : `${client}#${removals}`
}
