import type { Parsed } from './setting.ts'

/** What a `cassandra://` URL says. */
export interface ClusterLocation {
  /** `host` or `host:port`. */
  readonly hosts: readonly string[]
  readonly keyspace: string
  readonly datacenter: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly tls?: { readonly caFile?: string | undefined } | undefined
  readonly consistency: Consistency
}

const consistencies = ['local_quorum', 'quorum', 'each_quorum'] as const

type Consistency = (typeof consistencies)[number]

/** How such a URL is written. */
export const clusterUrlForm = 'cassandra://HOST,HOST/KEYSPACE?datacenter=NAME'

const pattern = /^cassandra:\/\/(?:([^@/?]*)@)?([^@/?]+)\/([^/?]*)(?:\?(.*))?$/
const hostPattern = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_][A-Za-z0-9_.-]*)(:\d{1,5})?$/

/**
 * Reads `cassandra://[user:password@]host[:port],…/keyspace?datacenter=dc1`, with `tls=yes`, `ca=FILE`
 * (which means TLS) and `consistency=local_quorum` as further parameters.
 */
export function parseClusterUrl(text: string): Parsed<ClusterLocation> {
  const [, login, hostList = '', keyspace = '', query = ''] = pattern.exec(text) ?? []
  const hosts = hostList.split(',')
  const badHost = hosts.find((host) => !hostPattern.test(host))
  if (badHost !== undefined) return { fault: `${clusterUrlForm}; "${badHost}" is no host` }
  // Written in lower case it means the same with and without quotes.
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(keyspace)) {
    return { fault: `${clusterUrlForm}; a keyspace is up to 48 lower-case letters, digits and _` }
  }
  const parameters = parseParameters(query)
  if ('fault' in parameters) return parameters
  const { datacenter, consistency, tls, ca } = parameters.value
  if (datacenter === undefined) return { fault: `${clusterUrlForm}; the data centre is missing` }
  return {
    value: {
      hosts,
      keyspace,
      datacenter,
      consistency,
      ...(login !== undefined && parseLogin(login)),
      ...((tls || ca !== undefined) && { tls: { ...(ca !== undefined && { caFile: ca }) } }),
    },
  }
}

interface Parameters {
  readonly datacenter: string | undefined
  readonly consistency: Consistency
  readonly tls: boolean
  readonly ca: string | undefined
}

function parseParameters(query: string): Parsed<Parameters> {
  const given = new Map(new URLSearchParams(query))
  const unknown = [...given.keys()].find((name) => !['datacenter', 'consistency', 'tls', 'ca'].includes(name))
  if (unknown !== undefined) return { fault: `${clusterUrlForm}; "${unknown}" is no parameter of it` }
  const asked = given.get('consistency') ?? 'local_quorum'
  const consistency = consistencies.find((word) => word === asked)
  if (consistency === undefined) {
    return { fault: `${clusterUrlForm}; consistency is one of ${consistencies.join(', ')}` }
  }
  const tls = given.get('tls') ?? 'no'
  if (tls !== 'yes' && tls !== 'no') return { fault: `${clusterUrlForm}; tls is yes or no` }
  return {
    value: {
      datacenter: given.get('datacenter') || undefined,
      consistency,
      tls: tls === 'yes',
      ca: given.get('ca') || undefined,
    },
  }
}

function parseLogin(text: string) {
  const [username = '', ...password] = text.split(':').map(decode)
  return { username, password: password.join(':') }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // URIError: a per cent sign that stands for itself.
    return text
  }
}
