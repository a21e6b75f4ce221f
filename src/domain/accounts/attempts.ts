import type { Clock } from '../../lib/clock.ts'
import { Refusal } from '../../lib/errors.ts'
import { networkOf } from '../../model/address.ts'
import { dayMs } from '../../model/limits.ts'

/** Failures that cost no waiting: of an account, and of an address, behind which many may sit. */
const freeFailures = { account: 5, address: 20 } as const

/** The first wait; each failure doubles it, up to the longest. Milliseconds. */
const waitMinMs = 1_000
const waitMaxMs = 900_000

/** Failures are forgotten so long after the last. */
const forgottenAfterMs = dayMs

/** An account is at home at an address so long after it was signed in to from there. */
const homeMs = 30 * dayMs

/** Accounts and addresses remembered; past it the one whose last failure is the longest ago goes. */
const rememberedMax = 20_000

interface Failures {
  readonly count: number
  readonly lastAtMs: number
}

/** An attempt under way: it counts as failed until it has succeeded. */
export interface Attempt {
  succeed(): Promise<void>
  /** As if it had not been made: nobody's fault. */
  withdraw(): Promise<void>
}

/** Who tries to sign in, and from where. */
export interface Attempter {
  readonly account: string
  readonly address: string
}

/** Slows down who guesses passwords. */
export interface SignInAttempts {
  /** @throws Refusal `sign_in_delayed`, with the seconds to wait */
  begin(attempter: Attempter): Promise<Attempt>
}

/**
 * The attempts at one server: after some failures, of an account or of an address, each further
 * one makes the next attempt wait twice as long.
 *
 * A stranger who keeps failing can make an account wait for others, but not for its owner: where it
 * was signed in to before, it is counted apart. It is remembered by this process alone, so that
 * failures cost the store nothing; a restart, which a guesser cannot cause, begins anew.
 */
export class OwnSignInAttempts implements SignInAttempts {
  readonly #clock: Clock
  readonly #failures = new Map<string, Failures>()
  /** Account and address → when it was last signed in to from there. */
  readonly #homes = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws Refusal `sign_in_delayed`, with the seconds to wait */
  async begin({ account, address }: Attempter): Promise<Attempt> {
    const nowMs = this.#clock.nowMs()
    const home = `${account}\n${networkOf(address)}`
    const isHome = nowMs - (this.#homes.get(home) ?? -Infinity) < homeMs
    const own = isHome ? `home ${home}` : `account ${account}`
    const keys = isHome ? [own] : [own, `address ${networkOf(address)}`]
    const waitMs = Math.max(...keys.map((key) => this.#waitMs(key, nowMs)))
    if (waitMs > 0) throw delayed(Math.ceil(waitMs / 1000))
    const undo = keys.map((key) => this.#fail(key, nowMs))
    const withdraw = () => undo.forEach((undoOne) => undoOne())
    return {
      withdraw: async () => withdraw(),
      succeed: async () => {
        withdraw()
        this.#failures.delete(own)
        keep(this.#homes, home, this.#clock.nowMs())
      },
    }
  }

  #waitMs(key: string, nowMs: number): number {
    const failures = this.#failures.get(key)
    const free = key.startsWith('address') ? freeFailures.address : freeFailures.account
    if (failures === undefined || failures.count < free) return 0
    if (nowMs - failures.lastAtMs >= forgottenAfterMs) return 0
    return failures.lastAtMs + Math.min(waitMaxMs, waitMinMs * 2 ** (failures.count - free)) - nowMs
  }

  /** Counts a failure. @returns what takes it back, and leaves those counted meanwhile */
  #fail(key: string, nowMs: number): () => void {
    const known = this.#failures.get(key)
    const before = known && nowMs - known.lastAtMs < forgottenAfterMs ? known : undefined
    const failed: Failures = { count: (before?.count ?? 0) + 1, lastAtMs: nowMs }
    keep(this.#failures, key, failed)
    return () => {
      const now = this.#failures.get(key)
      const lastAtMs = (now === failed ? before : now)?.lastAtMs ?? nowMs
      if (now === undefined || now.count <= 1) this.#failures.delete(key)
      else this.#failures.set(key, { count: now.count - 1, lastAtMs })
    }
  }
}

/** Puts an entry last, and drops the first when there are too many. */
function keep<Value>(entries: Map<string, Value>, key: string, value: Value) {
  entries.delete(key)
  entries.set(key, value)
  const first = entries.keys().next()
  if (entries.size > rememberedMax && first.done !== true) entries.delete(first.value)
}

/** The refusal of an attempt that came too early. */
export function delayed(retryAfterSeconds: number): Refusal {
  return new Refusal(
    'sign_in_delayed',
    `Too many attempts to sign in have failed; try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  )
}
