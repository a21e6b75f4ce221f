import { hostname } from 'node:os'
import { pino, type Logger } from 'pino'

/**
 * Opens the log: JSON lines on standard error, written before the call returns.
 *
 * Each line names the node: logs of several are read together. Errors are logged without stack and
 * without the system's messages, which name files.
 */
export function openLog({ logLevel, nodeId }: { logLevel: string; nodeId: string }): Logger {
  const base = { pid: process.pid, node: nameOfNode(nodeId) }
  const options = { level: logLevel, base, serializers: { err: describeError } }
  return pino(options, pino.destination({ fd: 2, sync: true }))
}

/** What a node is called where no setting says so. */
export function nameOfNode(nodeId: string): string {
  return nodeId === '' ? hostname() : nodeId
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = 'code' in error ? error.code : undefined
  return { type: error.name, code, message: code === undefined ? error.message : undefined }
}
