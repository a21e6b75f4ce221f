import type { Spool } from '../store.ts'

export function memorySpool(): Spool {
  const entries = new Map<string, { bytes: Buffer; createdAtMs: number }>()
  return {
    create: async (name) => {
      const chunks: Buffer[] = []
      return {
        write: async (bytes) => void chunks.push(Buffer.from(bytes)),
        close: async () => void entries.set(name, { bytes: Buffer.concat(chunks), createdAtMs: Date.now() }),
        discard: async () => void (chunks.length = 0),
      }
    },
    open: async (name) => {
      const bytes = entries.get(name)?.bytes
      if (bytes === undefined) return undefined
      return {
        size: bytes.length,
        read: (target, length, position) => bytes.copy(target, 0, position, position + length),
        close: () => {},
      }
    },
    remove: async (name) => void entries.delete(name),
    list: async (createdBeforeMs) =>
      [...entries].filter(([, { createdAtMs }]) => createdAtMs < createdBeforeMs).map(([name]) => name),
  }
}
