import { generateKeyPairSync, sign } from 'node:crypto'

/** A certificate that its own key has signed, and the key, both in PEM. */
export interface SelfSigned {
  readonly cert: string
  readonly key: string
}

/** Tags of DER. @source X.690 §8 */
const tags = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
}

/** Object identifiers as DER has them. */
const oids = { ecdsaWithSha256: '2a8648ce3d040302', commonName: '550403', subjectAltName: '551d11' }

/**
 * Makes a certificate for 127.0.0.1, because Node itself can only read them.
 *
 * @source RFC 5280 §4.1
 */
export function selfSigned(given: { readonly name: string; readonly expiresAtMs: number }): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(oid('ecdsaWithSha256'))
  const name = sequence(der(tags.set, sequence(oid('commonName'), der(tags.utf8, Buffer.from(given.name)))))
  const validity = sequence(time(given.expiresAtMs - 86_400_000 * 30), time(given.expiresAtMs))
  const address = sequence(der(0x87, Buffer.of(127, 0, 0, 1)))
  const extensions = der(0xa3, sequence(sequence(oid('subjectAltName'), der(tags.octets, address))))
  const version = der(0xa0, der(tags.integer, Buffer.of(2)))
  const serial = der(tags.integer, Buffer.of(1))
  const keyInfo = publicKey.export({ type: 'spki', format: 'der' })
  const signed = sequence(version, serial, algorithm, name, validity, name, keyInfo, extensions)
  const signature = der(tags.bits, Buffer.of(0), sign('sha256', signed, privateKey))
  return {
    cert: pem(sequence(signed, algorithm, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(tags.sequence, ...parts)
}

function oid(name: keyof typeof oids): Buffer {
  return der(tags.oid, Buffer.from(oids[name], 'hex'))
}

function time(ms: number): Buffer {
  return der(tags.time, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(0, 14)}Z`))
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content])
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content])
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}
