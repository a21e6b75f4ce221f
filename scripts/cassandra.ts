import { existsSync, readdirSync } from 'node:fs'
import { Session } from '../src/store/cassandra/session.ts'

/** Ends the program where nodes of this clone run, or their data is there: somebody may need them. */
export function requireNone(what: string): void {
  const home = new URL('../.cassandra/', import.meta.url)
  if (!existsSync(home) || !readdirSync(home).some((name) => name.startsWith('node'))) return
  process.stderr.write(
    `${what} starts a cluster of its own, and there is one; end it by: scripts/cassandra.sh down\n`,
  )
  process.exit(1)
}

/**
 * Waits until the nodes know each other as the driver is told it, which may come a moment after what their
 * logs say, and `up` waits for: a keyspace made before would have fewer replicas.
 */
export async function allKnown(nodes: number): Promise<void> {
  for (let known = 0; known < nodes;) {
    const session = new Session(
      { hosts: ['127.0.0.1'], keyspace: '', datacenter: 'dc1', consistency: 'local_quorum' },
      { keyspace: false },
    )
    await session.connect()
    known = [...session.datacenters().values()].reduce((sum, count) => sum + count, 0)
    await session.close()
  }
}
