import { spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'

const table = 'silhouette_test_cut'

/**
 * Cuts all Cassandra nodes of this machine apart, as a cable that is pulled does: what one sends to
 * another is dropped, and nobody is told. Callers still reach each. Ends with the test.
 */
export async function cut(): Promise<void> {
  onTestFinished(() => join())
  const chain = 'type filter hook input priority 0;\ntcp dport 7000 drop\ntcp sport 7000 drop'
  await nft(`table inet ${table} {\nchain input {\n${chain}\n}\n}`)
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
