import { randomUUID } from 'node:crypto'
import { mapConcurrently } from '../../lib/pool.ts'
import type { Page, PageOptions, StoredDocument } from '../store.ts'
import { documentOf } from './documents.ts'
import { numberOf } from './columns.ts'
import { UncertainWrite } from './failures.ts'
import { type Session, type Statement } from './session.ts'

/** Documents and bytes that one linearizable write puts: as many as Cassandra takes without warning. */
const putAtOnce = 50
const putBytesMax = 30_000

/** Times that documents are put again because the end of a write was not known. */
const attemptsMax = 10

export async function listDocuments(
  session: Session,
  { cursor, limit }: PageOptions,
): Promise<Page<StoredDocument>> {
  const query = 'SELECT owner, collection, id, version, body FROM documents'
  const { rows, next } = await session.readPage(query, limit, cursor)
  const items = rows.map((row) => ({
    partition: String(row['owner']),
    collection: String(row['collection']),
    document: documentOf(row),
  }))
  return { items, cursor: next }
}

/** Puts documents of one partition with their versions, by linearizable writes as all of these cells. */
export async function putDocuments(
  session: Session,
  partition: string,
  documents: readonly StoredDocument[],
): Promise<void> {
  let group: StoredDocument[] = []
  let bytes = 0
  for (const one of documents) {
    group.push(one)
    bytes += JSON.stringify(one).length
    if (group.length < putAtOnce && bytes < putBytesMax) continue
    await putGroup(session, partition, group)
    group = []
    bytes = 0
  }
  if (group.length > 0) await putGroup(session, partition, group)
}

async function putGroup(
  session: Session,
  partition: string,
  group: readonly StoredDocument[],
): Promise<void> {
  for (let attempts = 1; ; attempts++) {
    const statements = await mapConcurrently(group, putAtOnce, (one) => statementOf(session, partition, one))
    try {
      if (await session.writeIf(statements, 'install')) return
    } catch (error) {
      if (!(error instanceof UncertainWrite) || attempts >= attemptsMax) throw error
    }
    if (attempts >= attemptsMax) throw new Error(`somebody else changes the control records of ${partition}`)
  }
}

async function statementOf(
  session: Session,
  partition: string,
  { collection, document: { id, version, body } }: StoredDocument,
): Promise<Statement> {
  const query = 'SELECT version FROM documents WHERE owner = ? AND collection = ? AND id = ?'
  const [row] = await session.readSerial(query, [partition, collection, id])
  const values = [version, JSON.stringify(body), randomUUID()]
  const key = [partition, collection, id]
  if (row === undefined) {
    return {
      query: `INSERT INTO documents (version, body, change, owner, collection, id)
        VALUES (?, ?, ?, ?, ?, ?) IF NOT EXISTS`,
      params: [...values, ...key],
    }
  }
  return {
    query: `UPDATE documents SET version = ?, body = ?, change = ?
      WHERE owner = ? AND collection = ? AND id = ? IF version = ?`,
    params: [...values, ...key, numberOf(row['version'])],
  }
}
