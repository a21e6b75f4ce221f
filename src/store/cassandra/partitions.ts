/** The key of a partition of profiles: client, kind and text of an id. */
export type Partition = readonly [client: string, kind: number, id: string]

/** A statement that reads a partition, and one that reads several which differ in their id alone. */
export interface PartitionQuery {
  readonly one: string
  readonly several: string
}

/** Partitions that are read by one statement, at most. */
export const readTogetherMax = 16

/** Partitions, and bytes, that are written by one statement: Cassandra warns of more. */
const writeTogetherMax = { partitions: 10, bytes: 5_000 }

/** Of what one statement writes at most, how much writes to one partition are. */
export function shareOf(statements: readonly { readonly params: readonly unknown[] }[]): number {
  const bytes = statements.reduce((sum, { params }) => sum + bytesOf(params), 0)
  return Math.max(1 / writeTogetherMax.partitions, bytes / writeTogetherMax.bytes)
}

/** The bytes that tell where a partition is: each part of its key behind its length. */
export function routingKeyOf([client, kind, id]: Partition): Buffer {
  const parts = [Buffer.from(client), Buffer.of(kind), Buffer.from(id)]
  return Buffer.concat(
    parts.flatMap((part) => [Buffer.of(part.length >> 8, part.length & 0xff), part, Buffer.of(0)]),
  )
}

/** About as many bytes as values take. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value.length
  if (Array.isArray(value) || value instanceof Set)
    return [...value].reduce<number>((sum, one) => sum + bytesOf(one), 0)
  return value instanceof Map ? bytesOf([...value].flat()) : 8
}
