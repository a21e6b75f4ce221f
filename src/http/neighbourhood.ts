/** Parts of the address space, each with its own shape of errors. */
export type Neighbourhood = 'm2' | 'rest' | 'admin' | 'oauth' | 'api'

/** Tells whose shape of errors an address has; a path, or a route's pattern. */
export function neighbourhoodOf(path: string): Neighbourhood {
  if (path.startsWith('/ims/')) return 'oauth'
  if (path.startsWith('/api/')) return 'api'
  if (/^\/(?!m2\/)[^/]+\/target(\/|$)/.test(path)) return 'admin'
  return /^\/m2(\/|$)/.test(path) ? 'm2' : 'rest'
}
