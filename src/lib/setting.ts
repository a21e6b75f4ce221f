import { BlockList, isIP } from 'node:net'

/** What a setting's text says, or why it cannot be taken; the fault continues "must be …". */
export type Parsed<Value> = { readonly value: Value } | { readonly fault: string }

/** One row of the table of settings. */
export interface Setting<Value> {
  /** Name after the common prefix: `STORE_URL`. */
  readonly name: string
  /** Further flags beside the one made from the name, with their dashes. */
  readonly flags: readonly string[]
  /** As a person would write it; empty means none. */
  readonly defaultText: string
  /** What may be written, for the reference: `0 to 65535`. */
  readonly accepts: string
  /** Full sentences, unit included. */
  readonly doc: string
  /** Its text is never shown, not even when it is at fault. */
  readonly isSecret?: boolean
  readonly parse: (text: string) => Parsed<Value>
}

interface Bounds {
  readonly min: number
  readonly max: number
}

/** Makes a setting whose text needs a check of its own; the other kinds are built on it. */
export function custom<Value>(
  name: string,
  doc: string,
  defaultText: string,
  kind: Pick<Setting<Value>, 'accepts' | 'parse'> & { readonly flags?: readonly string[] },
): Setting<Value> {
  return { name, doc, defaultText, accepts: kind.accepts, parse: kind.parse, flags: kind.flags ?? [] }
}

/** A host name, an address, or (where `empty` allows it) nothing. */
export function hostName(
  name: string,
  doc: string,
  defaultText: string,
  options: { readonly empty: boolean },
): Setting<string> {
  const accepts = options.empty ? 'a host name or address, or nothing' : 'a host name or address'
  return custom(name, doc, defaultText, {
    accepts,
    parse: (text) => (isHost(text) || (options.empty && text === '') ? { value: text } : { fault: accepts }),
  })
}

/** A text that is never shown; absent when not given. */
export function secret(name: string, doc: string, charsMin: number): Setting<string | undefined> {
  const accepts = `${charsMin} characters or more, or nothing`
  const parse = (text: string): Parsed<string | undefined> => {
    if (text === '') return { value: undefined }
    return text.length >= charsMin ? { value: text } : { fault: accepts }
  }
  return { ...custom(name, doc, '', { accepts, parse }), isSecret: true }
}

/** A line of text. */
export function line(name: string, doc: string, defaultText: string): Setting<string> {
  const accepts = 'up to 250 characters in one line'
  const parse = (given: string): Parsed<string> =>
    given.length <= 250 && !/\p{Cc}/u.test(given) ? { value: given.trim() } : { fault: accepts }
  return custom(name, doc, defaultText, { accepts, parse })
}

/** The path of a file, or nothing. */
export function file(name: string, doc: string): Setting<string> {
  return custom(name, doc, '', { accepts: 'a path, or nothing', parse: (text) => ({ value: text }) })
}

/** A whole number within bounds. */
export function count(name: string, doc: string, defaultValue: number, bounds: Bounds): Setting<number> {
  const accepts = `a whole number from ${bounds.min} to ${bounds.max}`
  return custom(name, doc, String(defaultValue), {
    accepts,
    parse: (text) => parseNumber(text, /^\d+$/, bounds, accepts),
  })
}

/** A length of time in the unit that the key and the name end in; seconds may have a fraction. */
export function duration(name: string, doc: string, defaultValue: number, bounds: Bounds): Setting<number> {
  const accepts = `a number from ${bounds.min} to ${bounds.max}, fractions allowed`
  return custom(name, doc, String(defaultValue), {
    accepts,
    parse: (text) => parseNumber(text, /^\d+(\.\d+)?$/, bounds, accepts),
  })
}

/** One of a few words. */
export function choice<const Word extends string>(
  name: string,
  doc: string,
  defaultWord: Word,
  words: readonly Word[],
): Setting<Word> {
  const accepts = `one of ${words.join(', ')}`
  const parse = (text: string): Parsed<Word> => {
    const value = words.find((word) => word === text)
    return value === undefined ? { fault: accepts } : { value }
  }
  return custom(name, doc, defaultWord, { accepts, parse })
}

/** Addresses and address ranges, parted by commas. */
export function addresses(name: string, doc: string): Setting<readonly string[]> {
  const accepts = 'addresses or ranges like 10.0.0.0/8, parted by commas'
  const parse = (text: string): Parsed<readonly string[]> => {
    const items = text.split(',').map((item) => item.trim())
    if (text.trim() === '') return { value: [] }
    const bad = items.find((item) => !isAddressOrRange(item))
    return bad === undefined ? { value: Object.freeze(items) } : { fault: `${accepts}; "${bad}" is none` }
  }
  return custom(name, doc, '', { accepts, parse })
}

function parseNumber(text: string, pattern: RegExp, bounds: Bounds, accepts: string): Parsed<number> {
  const value = Number(text)
  const fits = pattern.test(text) && value >= bounds.min && value <= bounds.max
  return fits ? { value } : { fault: accepts }
}

function isHost(text: string): boolean {
  const isName = /^[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/.test(text)
  // A text of digits and dots alone means an address; one that is none is a slip, not a name.
  return isIP(text) !== 0 || (isName && !/^[\d.]+$/.test(text))
}

function isAddressOrRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  if (bits === undefined) return true
  if (!/^\d{1,3}$/.test(bits)) return false
  try {
    // The class that will hold the ranges knows best how many bits each family has.
    new BlockList().addSubnet(address, Number(bits), version === 4 ? 'ipv4' : 'ipv6')
    return true
  } catch {
    // ERR_OUT_OF_RANGE, the one error of a well-formed address with a number of bits.
    return false
  }
}
