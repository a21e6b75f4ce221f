import { hash, verify } from '@node-rs/argon2'
import { Refusal } from '../../lib/errors.ts'

/** argon2id, as OWASP advises for it: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Computations at the same time: each takes 19 MiB and a thread of Node's pool. */
const atOnceMax = 2

/** Computations that may wait for their turn; at some 30 ms each the last waits about a second. */
const waitingMax = 64

/** When one that was turned away is worth another try, seconds. */
const retryAfterSeconds = 5

/**
 * What a password is compared with where the person is unknown or has none, so that it takes as long
 * as for one who has. Nobody knows the password that it was made of.
 */
const nobodys =
  '$argon2id$v=19$m=19456,t=2,p=1$aHupzfIDRKRcsURHaUmVSQ$bMHZfpuWdz6F0KC2I8L5kYL1AxMeU5z45OgYph0Yu7U'

/** Makes and compares digests of passwords: slow on purpose, so never many at the same time. */
export class Passwords {
  #running = 0
  readonly #waiting: (() => void)[] = []

  /** @throws Refusal `sign_in_busy` */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(normalized(password), cost))
  }

  /**
   * Tells whether a password is the one that a digest was made of; without a digest the same work is
   * done in vain.
   *
   * @throws Refusal `sign_in_busy`
   */
  async verify(digest: string | undefined, password: string): Promise<boolean> {
    const isSame = await this.#inTurn(() => verify(digest ?? nobodys, normalized(password)))
    return isSame && digest !== undefined
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running < atOnceMax) this.#running++
    else await this.#turn()
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      // Who waits takes over the place of who is done.
      if (next) next()
      else this.#running--
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= waitingMax) {
      throw new Refusal(
        'sign_in_busy',
        `Too many passwords are being checked at this moment; try again in ${retryAfterSeconds} s.`,
        { retryAfterSeconds },
      )
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}

/** One text for what people type alike on different keyboards. @source NIST SP 800-63B §5.1.1.2 */
function normalized(password: string): string {
  return password.normalize('NFKC')
}
