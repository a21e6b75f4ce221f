import { pino, type Logger } from 'pino'

/**
 * Opens the log: JSON lines on standard error, written before the call returns.
 *
 * Errors are logged without stack and without the system's messages, which name files.
 */
export function openLog(level: string): Logger {
  return pino({ level, serializers: { err: describeError } }, pino.destination({ fd: 2, sync: true }))
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = 'code' in error ? error.code : undefined
  return { type: error.name, code, message: code === undefined ? error.message : undefined }
}
