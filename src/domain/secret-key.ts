import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

const nonceBytes = 12
const tagBytes = 16

/** The install's secret key, as the keys that are made from it. Nothing of it is ever stored or logged. */
export class SecretKey {
  readonly #sealing: Buffer
  /** Signs access tokens of the Admin API. */
  readonly signing: Uint8Array
  /** Tells whether a store was used with this key, without saying anything of the key. */
  readonly fingerprint: string

  /** @param text the setting or the content of the key file; at least 32 characters */
  constructor(text: string) {
    this.#sealing = derive(text, 'silhouette token sealing')
    this.signing = derive(text, 'silhouette access tokens')
    this.fingerprint = createHmac('sha256', derive(text, 'silhouette fingerprint')).update('1').digest('hex')
  }

  /**
   * Encrypts a text (AES-256-GCM).
   *
   * @param context what the text belongs to; it opens with the same context only
   */
  seal(text: string, context: string): string {
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', this.#sealing, nonce).setAAD(Buffer.from(context))
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
  }

  /** Decrypts what `seal` made; `undefined` when it was sealed with another key or context. */
  open(sealed: string, context: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64')
    const nonce = bytes.subarray(0, nonceBytes)
    const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes)
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#sealing, nonce, { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(context)).setAuthTag(tag)
      const text = decipher.update(bytes.subarray(nonceBytes + tagBytes))
      return Buffer.concat([text, decipher.final()]).toString('utf8')
    } catch {
      // The tag does not fit: the one error of well-formed bytes.
      return undefined
    }
  }
}

function derive(text: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', text, 'silhouette', purpose, 32))
}
