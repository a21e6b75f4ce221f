import { imsOrgIdOf } from '../../model/client-code.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Document, DocumentStore } from '../../store/store.ts'

/** A tenant and the settings that the profile plane needs of it. */
export interface Client {
  readonly code: string
  readonly name: string
  readonly imsOrgId: string
  readonly profileLifetimeDays: number
  /** Origins whose pages may send visits; `*` allows all. */
  readonly allowedOrigins: readonly string[]
}

/** The partition and the collections of clients; one record more leads from an imsOrgId to its client. */
const partition = '*'
const clientCollection = 'clients'
const imsOrgCollection = 'ims-orgs'

/** How long another node's change of a client may go unseen here, ms. @source decisions.md §6 */
const freshMs = 500

/** Codes that may be remembered, known or unknown; past it the memory starts anew. */
const rememberedMax = 10_000

interface Remembered {
  readonly client: Client | undefined
  readonly readAtMs: number
}

/** The clients of this install, remembered for half a second each. */
export class ClientDirectory {
  readonly #documents: DocumentStore
  readonly #clock: Clock
  readonly #byCode = new Map<string, Remembered>()
  readonly #codeByOrg = new Map<string, { readonly code: string | undefined; readonly readAtMs: number }>()

  constructor(documents: DocumentStore, clock: Clock) {
    this.#documents = documents
    this.#clock = clock
  }

  /** Reads a client by its code. */
  async get(code: string): Promise<Client | undefined> {
    const nowMs = this.#clock.nowMs()
    const remembered = this.#byCode.get(code)
    if (remembered && nowMs - remembered.readAtMs < freshMs) return remembered.client
    const document = await this.#documents.get(partition, clientCollection, code)
    const client = bodyOf<Client>(document)
    if (this.#byCode.size >= rememberedMax) this.#byCode.clear()
    this.#byCode.set(code, { client, readAtMs: nowMs })
    return client
  }

  /** Reads the client that an IMS organization belongs to. */
  async byImsOrgId(imsOrgId: string): Promise<Client | undefined> {
    const nowMs = this.#clock.nowMs()
    let remembered = this.#codeByOrg.get(imsOrgId)
    if (!remembered || nowMs - remembered.readAtMs >= freshMs) {
      const document = await this.#documents.get(partition, imsOrgCollection, imsOrgId)
      remembered = { code: bodyOf<{ code: string }>(document)?.code, readAtMs: nowMs }
      if (this.#codeByOrg.size >= rememberedMax) this.#codeByOrg.clear()
      this.#codeByOrg.set(imsOrgId, remembered)
    }
    return remembered.code === undefined ? undefined : this.get(remembered.code)
  }

  /** Returns the client with this code, creating it with default settings when there is none. */
  async ensure(code: string, profileLifetimeDays: number): Promise<Client> {
    const known = await this.get(code)
    if (known) return known
    const client: Client = {
      code,
      name: code,
      imsOrgId: imsOrgIdOf(code),
      profileLifetimeDays,
      allowedOrigins: ['*'],
    }
    // Another node may have created it in between: then its record is the one.
    await this.#documents.commit(partition, [
      { kind: 'insert', collection: clientCollection, id: code, body: client },
      { kind: 'insert', collection: imsOrgCollection, id: client.imsOrgId, body: { code } },
    ])
    this.#byCode.delete(code)
    this.#codeByOrg.delete(client.imsOrgId)
    const created = await this.get(code)
    if (!created) throw new Error(`client ${code} was neither found nor created`)
    return created
  }
}

function bodyOf<T>(document: Document | undefined): T | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this file writes these collections
  return document?.body as T | undefined
}
