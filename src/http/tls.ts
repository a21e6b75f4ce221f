import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createSecureContext } from 'node:tls'
import type { Metrics } from './metrics.ts'

/** Where certificate (with its chain) and key are, in PEM. */
export interface TlsFiles {
  readonly tlsCert: string
  readonly tlsKey: string
}

interface Pair {
  readonly cert: Buffer
  readonly key: Buffer
  /** The end of the certificate's validity, epoch ms. */
  readonly expiresAtMs: number
}

/**
 * The certificate of a listener that speaks TLS itself, and its servers.
 *
 * Reloading changes what later connections are shown; those that are open go on.
 */
export class Tls {
  readonly #files: TlsFiles
  readonly #servers: Server[] = []
  #pair: Pair

  /** @throws Error that says which file cannot be used, and why */
  constructor(files: TlsFiles) {
    this.#files = files
    this.#pair = readPair(files)
  }

  get expiresAtMs(): number {
    return this.#pair.expiresAtMs
  }

  /** Makes a server; `options` are those of Node's `http.createServer`. */
  createServer(
    options: { readonly maxHeaderSize: number; readonly keepAliveTimeout: number },
    handler: (request: IncomingMessage, response: ServerResponse) => void,
  ): Server {
    const { cert, key } = this.#pair
    const server = createServer({ ...options, cert, key, requestTimeout: 0 }, handler)
    this.#servers.push(server)
    return server
  }

  /**
   * Reads the files again. When they cannot be used, what was read before stays.
   *
   * @throws Error as the constructor does
   */
  reload(): void {
    this.#pair = readPair(this.#files)
    for (const server of this.#servers) server.setSecureContext(this.#pair)
  }
}

/** Adds the gauge of how long the certificate is valid. */
export function addCertificateReading(metrics: Metrics, tls: Tls | undefined): void {
  metrics.addReading({
    name: 'certificate',
    read: async () => tls && (tls.expiresAtMs - Date.now()) / 1_000,
    gauges: [
      {
        name: 'silhouette_tls_certificate_expires_seconds',
        help: 'Seconds until the certificate in use ends; missing where the server speaks plain HTTP.',
        show: (seconds) => seconds,
      },
    ],
  })
}

function readPair({ tlsCert, tlsKey }: TlsFiles): Pair {
  const cert = readPem('SILHOUETTE_TLS_CERT', tlsCert)
  const key = readPem('SILHOUETTE_TLS_KEY', tlsKey)
  try {
    const expiresAtMs = Date.parse(new X509Certificate(cert).validTo)
    // Fails when they do not belong together.
    createSecureContext({ cert, key })
    return { cert, key, expiresAtMs }
  } catch (cause) {
    throw unusable(`SILHOUETTE_TLS_CERT ${tlsCert} with SILHOUETTE_TLS_KEY ${tlsKey}`, cause)
  }
}

function readPem(variable: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw unusable(`${variable} ${file}`, cause)
  }
}

function unusable(what: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new Error(`${what} cannot be used: ${reason}`, { cause })
}
