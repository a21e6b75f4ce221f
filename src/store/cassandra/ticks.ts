/**
 * Moments of this node in microseconds, each later than the one before: they order what is decided
 * about links. Two nodes that decide without having seen each other go by their clocks; who has read
 * what another decided comes after it.
 */
export class Ticks {
  #last = 0

  next(after = 0): number {
    return (this.#last = Math.max(this.#last + 1, after + 1, Date.now() * 1000))
  }
}
