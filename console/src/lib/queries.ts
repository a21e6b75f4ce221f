import type { Caller, SessionDetails, Settings, TokenDetails } from '@silhouette/client'
import { MutationCache, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query'
import { isRefusal, serverFor } from './server.ts'

/** How often what others may change is read again, milliseconds. */
const refreshMs = 30_000

/** Who is signed in; `null` when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<SessionDetails | null> => {
    try {
      return await serverFor().session.current({ signal })
    } catch (error) {
      if (isRefusal(error, 'session_required')) return null
      throw error
    }
  },
  refetchInterval: 5 * 60_000,
})

export function settingsQuery(client: string) {
  return queryOptions({
    queryKey: ['client', client, 'settings'],
    queryFn: ({ signal }): Promise<Settings> => serverFor(client).settings.get({ signal }),
    refetchInterval: refreshMs,
  })
}

/** A token, and when it was read: what is left of its life counts from there, not by this clock. */
export interface TokenReading {
  readonly token: TokenDetails | null
  readonly readAtMs: number
}

export function tokenQuery(client: string) {
  return queryOptions({
    queryKey: ['client', client, 'token'],
    queryFn: async ({ signal }): Promise<TokenReading> => {
      const readAtMs = Date.now()
      try {
        return { token: await serverFor(client).tokens.get({ signal }), readAtMs }
      } catch (error) {
        if (isRefusal(error, 'token_not_found')) return { token: null, readAtMs }
        throw error
      }
    },
    refetchInterval: refreshMs,
  })
}

/** The callers that the switch would cut off, the latest first. */
export function callersQuery(client: string) {
  return queryOptions({
    queryKey: ['client', client, 'callers'],
    queryFn: ({ signal }): Promise<{ total: number; callers: Caller[] }> =>
      serverFor(client).callers.list({ limit: 100 }, { signal }),
    staleTime: 0,
  })
}

/** Makes the cache of what the server said; an ended session shows everywhere at once. */
export function makeQueryClient(): QueryClient {
  const onError = (error: unknown) => {
    if (isRefusal(error, 'session_required')) queries.setQueryData(sessionQuery.queryKey, null)
  }
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // The client tries again by itself; what the server refused stays refused.
        retry: false,
        // A page that cannot reach the server says so, rather than wait for the network.
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  })
  return queries
}
