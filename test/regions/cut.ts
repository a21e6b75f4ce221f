import { spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'

const table = 'silhouette_test_cut'

/** However the test ends, the nodes are joined again after so long, s. */
const cutSecondsMax = 120

/**
 * Cuts all Cassandra nodes of this machine apart, as a cable that is pulled does: what one sends to
 * another is dropped, and nobody is told. Callers still reach each. Ends with the test.
 */
export async function cut(): Promise<void> {
  onTestFinished(() => join())
  const rules = ['type filter hook input priority 0;', 'tcp dport @ports drop', 'tcp sport @ports drop'].join(
    '\n',
  )
  const ports = `type inet_service; flags timeout; elements = { 7000 timeout ${cutSecondsMax}s }`
  await nft(`table inet ${table} {\nset ports { ${ports} }\nchain input {\n${rules}\n}\n}`)
}

/** Joins them again. */
export async function join(): Promise<void> {
  // Deleting what is not there is an error, declaring what is there is none.
  await nft(`table inet ${table}; delete table inet ${table}`)
}

function nft(rules: string): Promise<void> {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` }
  return new Promise((resolve, reject) => {
    const child = spawn('nft', ['-f', '-'], { env, stdio: ['pipe', 'ignore', 'pipe'] })
    let told = ''
    child.stderr.on('data', (piece: Buffer) => (told += piece.toString()))
    child.once('error', () => reject(new Error('cutting nodes apart needs nft (Debian: nftables)')))
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`nft, which only root may use: ${told}`)),
    )
    child.stdin.end(`${rules}\n`)
  })
}
