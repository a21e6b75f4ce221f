import type { IpObfuscation } from './client-settings.ts'

/**
 * Makes an address as unrecognizable as a client asks for: the last octet of IPv4 becomes 0, of IPv6
 * the last 80 bits; `STRIP` leaves nothing.
 */
export function obfuscateAddress(address: string, how: IpObfuscation): string {
  if (how === 'NONE') return address
  if (how === 'STRIP') return ''
  const v4 = /^(.*?)(\d+\.\d+\.\d+)\.\d+$/.exec(address)
  if (v4) return `${v4[1]}${v4[2]}.0`
  return address.includes(':') ? `${expandIpv6(address).slice(0, 3).join(':')}::` : ''
}

/** The eight groups of an IPv6 address; `::` stands for as many zeros as are missing. */
function expandIpv6(address: string): string[] {
  const [head = '', tail] = address.split('::')
  const before = head.split(':').filter(Boolean)
  if (tail === undefined) return before
  const after = tail.split(':').filter(Boolean)
  return [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'), ...after]
}

/** An address; of IPv6 the half that one household or machine has whole, to change as it likes. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  return address.includes(':') ? expandIpv6(address.toLowerCase()).slice(0, 4).join(':') : address
}
