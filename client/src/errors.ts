import { errorCodes, type ErrorCode } from './error-codes.ts'

/** The service answered, and refused: nothing was changed unless the method says otherwise. */
export class ServiceError extends Error {
  readonly status: number
  /** Absent for a fault of the service (500), and for replies that a proxy gave in its place. */
  readonly code: ErrorCode | undefined
  /** Seconds until the same call is worth another try; absent where it is not. */
  readonly retryAfterSeconds: number | undefined
  /** Line of an upload that is at fault, from 1. */
  readonly line: number | undefined

  constructor(message: string, facts: Pick<ServiceError, 'status' | 'code' | 'retryAfterSeconds' | 'line'>) {
    super(message)
    this.name = 'ServiceError'
    this.status = facts.status
    this.code = facts.code
    this.retryAfterSeconds = facts.retryAfterSeconds
    this.line = facts.line
  }
}

/**
 * There was no whole answer: the network failed, or the time limit passed.
 *
 * Whether the service carried the call out is not known.
 */
export class NotReachable extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'NotReachable'
  }
}

/** Reads a reply that is not of the 2xx; its body may be in any of the service's shapes, or none. */
export async function readServiceError(response: Response): Promise<ServiceError> {
  const text = await response.text()
  const { message = `The service answered ${response.status}.`, line } = factsOf(text)
  return new ServiceError(message, {
    status: response.status,
    code: knownCode(response.headers.get('error-code')),
    retryAfterSeconds: secondsOf(response.headers.get('retry-after')),
    line,
  })
}

/** What the JSON shapes of errors have between them. */
interface ErrorBody {
  readonly message?: unknown
  readonly line?: unknown
  readonly error_description?: unknown
  readonly errors?: readonly { readonly message?: unknown }[]
}

function factsOf(text: string): { message?: string; line: number | undefined } {
  const body = parse(text)
  const messages: unknown[] = [body.message, body.error_description]
  if (Array.isArray(body.errors)) messages.push(body.errors[0]?.message)
  const message = messages.find((candidate) => typeof candidate === 'string')
  const line = typeof body.line === 'number' ? body.line : undefined
  return message === undefined ? { line } : { message, line }
}

function parse(text: string): ErrorBody {
  try {
    return Object(JSON.parse(text))
  } catch {
    // SyntaxError: a proxy's page.
    return {}
  }
}

function knownCode(text: string | null): ErrorCode | undefined {
  return errorCodes.find((code) => code === text)
}

/** The service gives seconds; the date that HTTP allows, too, is a proxy's. */
function secondsOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined
}
