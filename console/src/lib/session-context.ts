import type { SessionDetails } from '@silhouette/client'
import { createContext, use } from 'react'

export const SessionContext = createContext<SessionDetails | undefined>(undefined)

/** The session of a screen that only shows to whoever is signed in. */
export function useSession(): SessionDetails {
  const session = use(SessionContext)
  if (session === undefined) throw new Error('screens of the shell have a session')
  return session
}
