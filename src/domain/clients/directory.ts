import type { Clock } from '../../lib/clock.ts'
import { imsOrgIdOf } from '../../model/client-code.ts'
import { defaultSettings, type ClientSettings, type IpObfuscation } from '../../model/client-settings.ts'
import type { DocumentStore } from '../../store/store.ts'
import { bodyOf, installPartition } from '../documents.ts'
import { Remembered } from '../remembered.ts'

/** A tenant and what every call needs to know of it. */
export interface Client {
  readonly code: string
  readonly name: string
  readonly imsOrgId: string
  readonly profileLifetimeDays: number
  /** Origins whose pages may send visits; `*` allows all. */
  readonly allowedOrigins: readonly string[]
  /** Whether update, bulk, status and fetch need the profile authentication token. */
  readonly requiresToken: boolean
  readonly ipObfuscation: IpObfuscation
}

/** A client as it is stored, with the install. */
export interface ClientRecord {
  readonly code: string
  readonly name: string
  readonly imsOrgId: string
  /** Lifetime that profiles have unless the settings say otherwise. */
  readonly profileLifetimeDays: number
}

/** One record more leads from an imsOrgId to its client. */
export const clientCollection = 'clients'
export const imsOrgCollection = 'ims-orgs'

/** Settings lie in the client's own partition, with the log of their changes. */
export const settingsCollection = 'settings'
export const settingsId = 'settings'

/** The clients of this install, remembered for half a second each. */
export class ClientDirectory {
  readonly #documents: DocumentStore
  readonly #byCode: Remembered<Client>
  readonly #codeByOrg: Remembered<string>

  constructor(documents: DocumentStore, clock: Clock) {
    this.#documents = documents
    this.#byCode = new Remembered({ clock, documents }, (code) => this.#read(code))
    this.#codeByOrg = new Remembered({ clock, documents }, (imsOrgId) => this.#readCode(imsOrgId))
  }

  /** Reads a client by its code. */
  get(code: string): Promise<Client | undefined> {
    return this.#byCode.get(code)
  }

  /** A client that was read no longer than half a second ago: most calls need not wait for it. */
  peek(code: string): Client | undefined {
    return this.#byCode.peek(code)
  }

  /** Reads the client that an IMS organization belongs to. */
  async byImsOrgId(imsOrgId: string): Promise<Client | undefined> {
    const code = await this.#codeByOrg.get(imsOrgId)
    return code === undefined ? undefined : this.get(code)
  }

  /** Makes the next reading of a client see what was changed just now. */
  forget(code: string): void {
    this.#byCode.forget(code)
    this.#codeByOrg.clear()
  }

  /** Returns the client with this code, creating it with default settings when there is none. */
  async ensure(code: string, profileLifetimeDays: number): Promise<Client> {
    const known = await this.get(code)
    if (known) return known
    const client: ClientRecord = { code, name: code, imsOrgId: imsOrgIdOf(code), profileLifetimeDays }
    // Another node may have created it in between: then its record is the one.
    await this.#documents.commit(installPartition, [
      { kind: 'insert', collection: clientCollection, id: code, body: client },
      { kind: 'insert', collection: imsOrgCollection, id: client.imsOrgId, body: { code } },
    ])
    this.forget(code)
    const created = await this.get(code)
    if (!created) throw new Error(`client ${code} was neither found nor created`)
    return created
  }

  async #read(code: string): Promise<Client | undefined> {
    const record = bodyOf<ClientRecord>(await this.#documents.get(installPartition, clientCollection, code))
    if (record === undefined) return undefined
    const stored = bodyOf<Partial<ClientSettings>>(
      await this.#documents.get(code, settingsCollection, settingsId),
    )
    const settings = { ...defaultSettings(record.profileLifetimeDays), ...stored }
    return {
      code,
      name: record.name,
      imsOrgId: record.imsOrgId,
      profileLifetimeDays: settings.profileLifetimeDays,
      allowedOrigins: settings.allowedOrigins,
      requiresToken: settings.enableProfileApiAuthentication,
      ipObfuscation: settings.ipObfuscation,
    }
  }

  async #readCode(imsOrgId: string): Promise<string | undefined> {
    const document = await this.#documents.get(installPartition, imsOrgCollection, imsOrgId)
    return bodyOf<{ code: string }>(document)?.code
  }
}
