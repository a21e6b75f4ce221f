import type { Command } from 'commander'
import { addNoun, addVerb, runs } from '../command.ts'
import type { Shell } from '../shell.ts'
import { addStoreCopy } from './store-copy.ts'

interface StoreOptions {
  readonly store?: string
}

/** `store`: what is done with the store itself, on a machine that reaches it. */
export function addStore(program: Command, shell: Shell): void {
  const store = addNoun(program, 'store', 'copy stores; make and upgrade the tables of a cluster')
  const migrate = addVerb(store, 'migrate', {
    summary: 'make the keyspace and tables of a cluster, or upgrade them',
    details:
      'For installs whose servers may not do that themselves (SILHOUETTE_STORE_MIGRATE=no). What is ' +
      'there stays. Running it again changes nothing, and of two at once one does it.',
    examples: [
      "silhouette store migrate --store 'cassandra://10.0.0.1,10.0.0.2/silhouette?datacenter=dc1'",
      'SILHOUETTE_CASSANDRA_USERNAME=admin silhouette store migrate',
    ],
  })
  migrate.option('--store <url>', 'the cluster, as in cassandra://… (SILHOUETTE_STORE_URL)')
  runs<StoreOptions>(migrate, shell, async ({ options, print }) => {
    // Loaded only now: the driver takes longer to load than all else of the command.
    const { migrateStore } = await import('../offline.ts')
    const keyspace = await migrateStore(shell, options.store, (text) => print.note(text))
    print.done({ keyspace }, `The tables of ${keyspace} are those of this version.`)
  })
  addStoreCopy(store, shell)
}
