import type { CellSession } from './session.ts'

/**
 * Takes or renews the right to do something that one node at a time does.
 *
 * @returns false while another holder has it
 */
export async function takeLease(
  session: CellSession,
  { name, holder, nowMs, leaseMs }: { name: string; holder: string; nowMs: number; leaseMs: number },
): Promise<boolean> {
  const untilMs = nowMs + leaseMs
  const attempts = [
    {
      query: 'UPDATE leases SET until_ms = ? WHERE name = ? IF holder = ?',
      params: [untilMs, name, holder],
    },
    {
      query: 'INSERT INTO leases (name, holder, until_ms) VALUES (?, ?, ?) IF NOT EXISTS',
      params: [name, holder, untilMs],
    },
    {
      query: 'UPDATE leases SET holder = ?, until_ms = ? WHERE name = ? IF until_ms < ?',
      params: [holder, untilMs, name, nowMs],
    },
  ]
  for (const attempt of attempts) if (await session.writeIf([attempt], 'region')) return true
  return false
}
