/**
 * Resolves as `work` does, or rejects with `timedOut()` when that takes longer than `limitMs`.
 *
 * The work itself goes on: what it comes to after that is dropped.
 */
export async function within<T>(limitMs: number, work: Promise<T>, timedOut: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut()), limitMs)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
