import type { ClientAccess } from '@silhouette/client'
import { useOutletContext } from 'react-router'

export function implementationPath(code: string): string {
  return `/@${code}/administration/implementation`
}

/** The client whose screen this is, and what the person may do there. */
export function useClient(): ClientAccess {
  return useOutletContext<ClientAccess>()
}
