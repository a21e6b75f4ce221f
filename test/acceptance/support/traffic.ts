import { update, upload, visit } from './calls.ts'
import { waitFor } from './wait.ts'

/** Profile path → attributes that an acknowledged write left there. */
export type Acknowledged = Map<string, Record<string, string>>

/** A batch that was accepted, and what must come of it. */
export interface AcceptedBatch {
  readonly batchId: string
  readonly version: 1 | 2
  readonly prefix: string
  readonly rows: number
}

/** Every row of this many is malformed; of a v1 batch, the one after it names nobody. */
export const badEvery = 100

/** Rows of a v1 batch name these visitors, who all exist. */
export const residents = 50

/**
 * Writers that go on until the server is gone, and remember what was acknowledged.
 *
 * Each attribute has one writer and is written once, except `seq`, which grows, and `tier`, which a
 * batch and then a visit set.
 */
export class Traffic {
  readonly acknowledged: Acknowledged = new Map()
  readonly batches: AcceptedBatch[] = []
  /** Uploads that were cut off: applied as a whole, or not at all. */
  readonly unanswered: { readonly prefix: string; readonly rows: number }[] = []
  /** Last `seq` acknowledged, and last one sent, by visitor. */
  readonly seqs = new Map<string, { acknowledged: number; sent: number }>()
  #writes = 0
  #running = true
  #uploads = 0

  /** Runs all writers against a server; resolves once each has met its end. */
  async run(url: string, round: number): Promise<void> {
    this.#running = true
    await Promise.all([
      ...['u0', 'u1', 'u2', 'u3'].map((id) => this.#repeat((i) => this.#update(url, id, `r${round}n${i}`))),
      ...[0, 1, 2].map((n) => this.#repeat((i) => this.#visit(url, `v${round}-${n}-${i}`))),
      this.#repeat((i) => this.#upload(url, i % 3 === 2 ? 1 : 2, i === 0 ? 20_000 : 1_000)),
      this.#repeat(() => this.#upload(url, 2, 300)),
    ])
  }

  /** Lets each writer end after the request under way; to be called when the server is killed. */
  stop() {
    this.#running = false
  }

  /** Resolves once something more of this kind is acknowledged. */
  async acknowledges(kind: 'a batch' | 'a write'): Promise<void> {
    const count = () => (kind === 'a batch' ? this.batches.length : this.#writes)
    const before = count()
    await waitFor(kind, () => (count() > before ? true : undefined), { everyMs: 1 })
  }

  /** Makes the visitors that updates and v1 batches name. */
  async settle(url: string): Promise<void> {
    for (const id of ['u0', 'u1', 'u2', 'u3']) await visit(url, { thirdPartyId: id }, { home: id })
    for (let i = 0; i < residents; i++) await visit(url, { thirdPartyId: `resident${i}` }, { home: `${i}` })
  }

  async #repeat(once: (i: number) => Promise<void>) {
    for (let i = 0; this.#running; i++) {
      try {
        await once(i)
      } catch (error) {
        // A connection cut by the kill. What the server answers otherwise than expected is told.
        if (this.#running && !(error instanceof TypeError)) throw error
        return
      }
    }
  }

  async #update(url: string, id: string, name: string) {
    const seq = this.seqs.get(id) ?? { acknowledged: 0, sent: 0 }
    this.seqs.set(id, seq)
    const sent = ++seq.sent
    const { status, headers } = await update(url, id, { [name]: name, seq: String(sent) })
    if (status !== 200 || headers.get('profile-outcome') !== 'updated')
      throw new Error(`an update was answered ${status} ${headers.get('profile-outcome')}`)
    seq.acknowledged = sent
    this.#keep(`thirdPartyId/${id}`, { [name]: name })
  }

  async #visit(url: string, id: string) {
    const { status, text } = await visit(url, { thirdPartyId: id }, { seen: id })
    if (status !== 200) throw new Error(`a visit was answered ${status}: ${text}`)
    this.#keep(`thirdPartyId/${id}`, { seen: id })
  }

  async #upload(url: string, version: 1 | 2, rows: number) {
    const prefix = `b${this.#uploads++}`
    const cut = { prefix, rows }
    if (version === 2) this.unanswered.push(cut)
    const batchId = await upload(url, writeBatch(prefix, version, rows), { version })
    if (version === 2) this.unanswered.splice(this.unanswered.indexOf(cut), 1)
    this.batches.push({ batchId, version, prefix, rows })
    if (version === 1) return
    // A visit after the reply is later than the batch, however late that is applied.
    const { status } = await visit(url, { thirdPartyId: `${prefix}-1` }, { tier: 'visit' })
    if (status === 200) this.#keep(`thirdPartyId/${prefix}-1`, { tier: 'visit' })
  }

  #keep(path: string, set: Record<string, string>) {
    this.#writes++
    this.acknowledged.set(path, Object.assign(this.acknowledged.get(path) ?? {}, set))
  }
}

function writeBatch(prefix: string, version: 1 | 2, rows: number): string {
  const lines = [`batch=thirdPartyId,${prefix},tier`]
  for (let row = 0; row < rows; row++) {
    if (row % badEvery === 0) lines.push(`bad${row},%zz`)
    else if (version === 2) lines.push(`${prefix}-${row},${prefix}.${row},batch`)
    else if (row % badEvery === 1) lines.push(`nobody${row},x`)
    else lines.push(`resident${row % residents},${prefix}.${row}`)
  }
  return lines.join('\n')
}

/** The counts that a batch must end with. */
export function expectedCounts({ version, rows }: AcceptedBatch) {
  const failedUpdates = Math.ceil(rows / badEvery)
  const profilesNotFound = version === 1 ? Math.ceil((rows - 1) / badEvery) : 0
  const successfulUpdates = rows - failedUpdates - profilesNotFound
  const consumedCount = rows
  return { batchSize: rows, consumedCount, successfulUpdates, profilesNotFound, failedUpdates }
}
