/**
 * Seconds until a token expires.
 *
 * Counted from when the server said how many are left: this machine's clock may be wrong, but it
 * runs as fast.
 */
export function secondsLeft(
  { expiresIn }: { readonly expiresIn: number },
  readAtMs: number,
  nowMs: number,
): number {
  return Math.max(0, expiresIn - Math.floor((nowMs - readAtMs) / 1000))
}
