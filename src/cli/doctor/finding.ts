/** What `doctor` looks at, in the order in which it tells. */
export type Check =
  | 'settings'
  | 'store'
  | 'cluster'
  | 'rights'
  | 'secret key'
  | 'disk'
  | 'clock'
  | 'certificate'
  | 'clients'
  | 'tokens'
  | 'batches'
  | 'server'

/**
 * One thing that was found.
 *
 * A `problem` keeps the service from working, or from being as safe as it can be, now or within days;
 * a `warning` may be meant so.
 */
export interface Finding {
  readonly check: Check
  readonly level: 'ok' | 'warning' | 'problem'
  readonly text: string
  /** What to do about it. */
  readonly todo?: string
}

/** Makes findings of one check. */
export function findingsOf(check: Check) {
  return {
    ok: (text: string): Finding => ({ check, level: 'ok', text }),
    warning: (text: string, todo: string): Finding => ({ check, level: 'warning', text, todo }),
    problem: (text: string, todo: string): Finding => ({ check, level: 'problem', text, todo }),
  }
}

/** The message of an error. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Bytes as people read them. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  let unit = 0
  let size = bytes
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`
}

/** A list that names the first few and counts the rest. */
export function listText(items: readonly string[]): string {
  const named = 10
  const rest = items.length - named
  return items.slice(0, named).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}
