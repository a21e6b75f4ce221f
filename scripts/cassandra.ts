import { Session } from '../src/store/cassandra/session.ts'

/** Waits until the nodes know each other: a keyspace made before would have fewer replicas. */
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
