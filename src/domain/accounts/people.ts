import type { Clock } from '../../lib/clock.ts'
import { randomHex } from '../../lib/ids.ts'
import type { Membership, Principal } from '../../model/permission.ts'
import type { DocumentStore } from '../../store/store.ts'
import { bodyOf, installPartition } from '../documents.ts'
import { Remembered } from '../remembered.ts'

/** A person, with all memberships. */
export interface User {
  readonly email: string
  readonly name: string
  readonly locale: string
  readonly memberships: readonly Membership[]
  /** argon2id, in its text form; absent until the person has chosen a password. */
  readonly passwordHash?: string | undefined
  /** Sessions of another generation than this have ended. */
  readonly generation?: string | undefined
  /** Digest of the link that lets the person choose a password, while there is one. */
  readonly invitation?: string | undefined
  readonly createdAtMs: number
}

export const userCollection = 'users'

/** Clears that a person's record is theirs whatever the case of their address. */
export function userId(email: string): string {
  return email.toLowerCase()
}

/** A generation that no session has yet: with it all sessions of the person end. */
export function newGeneration(): string {
  return randomHex(8)
}

/** Who a person is, with what rights. */
export function principalOfUser({ email, name, memberships }: User): Principal {
  return { kind: 'user', id: email, name, memberships }
}

/** The people of this install, remembered for half a second each. */
export class People {
  readonly #byId: Remembered<User>

  constructor(documents: DocumentStore, clock: Clock) {
    this.#byId = new Remembered({ clock, documents }, async (id) =>
      bodyOf<User>(await documents.get(installPartition, userCollection, id)),
    )
  }

  /** Reads a person by their id. */
  get(id: string): Promise<User | undefined> {
    return this.#byId.get(id)
  }

  /** Makes the next reading of a person see what was changed just now. */
  forget(id: string): void {
    this.#byId.forget(id)
  }
}
