import type { Attribute } from '../../model/attribute.ts'
import type { IdKind, VisitorId } from '../../model/visitor-id.ts'
import type { Partition } from './partitions.ts'

/**
 * The bytes of the cells that profiles are made of.
 *
 * A cell's timestamp is its stamp's time in microseconds, plus one for each write that replaced it
 * within that millisecond. Cassandra lets the larger timestamp win, at equal ones the larger bytes:
 * so bytes begin with what decides then, the line of the batch row. Nodes that apply rows of one
 * file in any order come to the same value.
 */
export interface Cell {
  readonly timestamp: number
  readonly bytes: Buffer
}

/** Above every timestamp of a cell: what ends a life ends all that is ever written to it. */
export const endTimestamp = 9_000_000_000_000_000

const headBytes = 20

/** The timestamp of what happened at a moment, unless something was there that it has to replace. */
export function timestampOf(atMs: number): number {
  return atMs * 1000
}

/** Encodes an attribute for a cell that wins over `old`. */
export function attributeCell(attribute: Attribute, old: Cell | undefined): Cell {
  const make = (timestamp: number) => {
    const value = Buffer.from(attribute.value ?? '')
    const bytes = Buffer.allocUnsafe(headBytes + value.length)
    bytes.writeUInt32BE(attribute.line, 0)
    bytes.writeBigUInt64BE(BigInt(timestamp), 4)
    // Its own time: an older value that comes back by a join has to win over a later removal.
    bytes.writeBigUInt64BE(BigInt(attribute.atMs), 12)
    value.copy(bytes, headBytes)
    return { timestamp, bytes }
  }
  return winning(make, timestampOf(attribute.atMs), old)
}

/** Reads a cell of an attribute. A value is never empty: without one the attribute was removed. */
export function readAttribute(bytes: Buffer): { cell: Cell; attribute: Attribute } {
  const timestamp = Number(bytes.readBigUInt64BE(4))
  const value = bytes.length === headBytes ? undefined : bytes.toString('utf8', headBytes)
  const attribute = { value, atMs: Number(bytes.readBigUInt64BE(12)), line: bytes.readUInt32BE(0) }
  return { cell: { timestamp, bytes }, attribute }
}

/** Last write and expiry of a profile. */
export interface Lifetime {
  readonly writtenAtMs: number
  readonly expiresAtMs: number
}

/** Encodes a lifetime for a cell that wins over `old`. */
export function lifetimeCell({ writtenAtMs, expiresAtMs }: Lifetime, old: Cell | undefined): Cell {
  const make = (timestamp: number) => {
    const bytes = Buffer.allocUnsafe(16)
    bytes.writeBigUInt64BE(BigInt(timestamp), 0)
    bytes.writeBigUInt64BE(BigInt(expiresAtMs), 8)
    return { timestamp, bytes }
  }
  return winning(make, timestampOf(writtenAtMs), old)
}

export function readLifetime(bytes: Buffer): { cell: Cell; lifetime: Lifetime } {
  const timestamp = Number(bytes.readBigUInt64BE(0))
  const lifetime = {
    writtenAtMs: Math.floor(timestamp / 1000),
    expiresAtMs: Number(bytes.readBigUInt64BE(8)),
  }
  return { cell: { timestamp, bytes }, lifetime }
}

/** The timestamp of a profile's creation: of two that nodes give at once, the earlier one wins. */
export function bornTimestamp(bornAtMs: number): number {
  return 4_000_000_000_000_000 - bornAtMs
}

/** One of the lives that began under an id. */
export interface Spot {
  readonly home: VisitorId
  readonly life: number
}

export function spotBytes({ home, life }: Spot): Buffer {
  const id = Buffer.from(home.id)
  const bytes = Buffer.allocUnsafe(5 + id.length)
  bytes.writeUInt8(kindNumbers[home.kind], 0)
  bytes.writeUInt32BE(life, 1)
  id.copy(bytes, 5)
  return bytes
}

export function readSpot(bytes: Buffer): Spot {
  return {
    home: { kind: kindOf(bytes.readUInt8(0)), id: bytes.toString('utf8', 5) },
    life: bytes.readUInt32BE(1),
  }
}

export function isSameSpot(a: Spot, b: Spot): boolean {
  return a.life === b.life && a.home.kind === b.home.kind && a.home.id === b.home.id
}

const ranks = { thirdPartyId: 2, tntId: 1, ecid: 0 } as const satisfies Record<IdKind, number>

/** The order in which lives are joined: always to a greater one, so there are no circles. */
export function isGreater(a: Spot, b: Spot): boolean {
  if (a.home.kind !== b.home.kind) return ranks[a.home.kind] > ranks[b.home.kind]
  return a.home.id === b.home.id ? a.life > b.life : a.home.id > b.home.id
}

export const kindNumbers = { tntId: 0, thirdPartyId: 1, ecid: 2 } as const satisfies Record<IdKind, number>

/** Where what is stored under an id lies. */
export function partitionOf(client: string, { kind, id }: VisitorId): Partition {
  return [client, kindNumbers[kind], id]
}

const kinds = ['tntId', 'thirdPartyId', 'ecid'] as const satisfies readonly IdKind[]

function kindOf(number: number): IdKind {
  const kind = kinds[number]
  if (kind === undefined) throw new Error(`there is no kind of ids with number ${number}`)
  return kind
}

/** An id as one text, its kind first. */
export function textOf({ kind, id }: VisitorId): string {
  return `${kindNumbers[kind]}${id}`
}

export function idOf(text: string): VisitorId {
  return { kind: kindOf(Number(text[0])), id: text.slice(1) }
}

function winning(make: (timestamp: number) => Cell, timestamp: number, old: Cell | undefined): Cell {
  const cell = make(timestamp)
  if (old === undefined || isAfter(cell, old)) return cell
  return make(old.timestamp + 1)
}

/** Tells which of two cells Cassandra keeps. */
export function isAfter(a: Cell, b: Cell): boolean {
  return a.timestamp === b.timestamp ? a.bytes.compare(b.bytes) > 0 : a.timestamp > b.timestamp
}
