import { listClients } from '../clients/manage.ts'
import type { DomainContext } from '../context.ts'
import { isGood, tokenCollection, tokenScopes, tokenSetOf, type TokenScope } from './record.ts'

/** How long the current token of a client and scope lives on. */
export interface TokenExpiry {
  readonly client: string
  readonly scope: TokenScope
  readonly seconds: number
}

/** Clients that are looked at: it is done for each scrape. */
const clientsMax = 1_000

/** Reads when the current tokens of all clients expire. */
export async function readExpiries(context: DomainContext): Promise<TokenExpiry[]> {
  const { store, clock } = context
  const expiries: TokenExpiry[] = []
  const clients = await listClients(context)
  for (const { code } of clients.slice(0, clientsMax)) {
    for (const scope of tokenScopes) {
      const { current } = tokenSetOf(await store.documents.get(code, tokenCollection, scope))
      const nowMs = clock.nowMs()
      if (current && isGood(current, nowMs)) {
        expiries.push({ client: code, scope, seconds: (current.expiresAtMs - nowMs) / 1000 })
      }
    }
  }
  return expiries
}
