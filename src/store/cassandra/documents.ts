import { randomUUID } from 'node:crypto'
import type { Document, DocumentChange, DocumentStore } from '../store.ts'
import { UncertainWrite } from './failures.ts'
import { type Row, type Session, type Statement } from './session.ts'

/** Documents removed in one step when a collection is cleared. */
const clearedAtOnce = 50

/** Times that a commit is tried whose node did not answer. */
const attemptsMax = 2

const afterAllTexts = '\u{10ffff}'

/**
 * Control records, those of one partition together, so that a commit of several is one linearizable
 * write. These cells are written in no other way. Reads see every commit that was confirmed; what a
 * decision is built on is judged again by the commit's own conditions.
 */
export function cassandraDocuments(session: Session): DocumentStore {
  const list: DocumentStore['list'] = async (partition, collection, { prefix = '', after, limit }) => {
    if (limit <= 0) return []
    const isPast = after !== undefined && after >= prefix
    const query = `SELECT id, version, body FROM documents
      WHERE owner = ? AND collection = ? AND id ${isPast ? '>' : '>='} ? AND id < ? LIMIT ?`
    const params = [partition, collection, isPast ? after : prefix, prefix + afterAllTexts, limit]
    return (await session.readAll(query, params)).map(documentOf)
  }
  const commit = async (partition: string, changes: readonly DocumentChange[]): Promise<boolean> => {
    if (changes.length === 0) return true
    const change = randomUUID()
    const statements = changes.map((one) => statementOf(partition, one, change))
    for (let attempt = 1; ; attempt++) {
      try {
        return await session.writeIf(statements, 'install')
      } catch (error) {
        if (!(error instanceof UncertainWrite)) throw error
        if (await isDone(session, partition, changes, change)) return true
        // It was not done and never will be.
        if (attempt === attemptsMax) throw error
      }
    }
  }
  return {
    get: async (partition, collection, id) => {
      const query = 'SELECT id, version, body FROM documents WHERE owner = ? AND collection = ? AND id = ?'
      const [row] = await session.read(query, [partition, collection, id])
      return row && documentOf(row)
    },
    list,
    commit,
    clear: async (partition, collections) => {
      for (const collection of collections) {
        for (;;) {
          const found = await list(partition, collection, { limit: clearedAtOnce })
          if (found.length === 0) break
          const removals = found.map(
            ({ id, version }) => ({ kind: 'remove', collection, id, ifVersion: version }) as const,
          )
          // Whatever was changed in between is met again by the next look.
          await commit(partition, removals)
        }
      }
    },
  }
}

/** Reads a row with a document's id, version and body. */
export function documentOf(row: Row): Document {
  return { id: String(row['id']), version: Number(row['version']), body: JSON.parse(String(row['body'])) }
}

function statementOf(partition: string, change: DocumentChange, changeId: string): Statement {
  const key = [partition, change.collection, change.id]
  if (change.kind === 'remove') {
    return {
      query: 'DELETE FROM documents WHERE owner = ? AND collection = ? AND id = ? IF version = ?',
      params: [...key, change.ifVersion],
    }
  }
  const body = JSON.stringify(change.body)
  if (change.kind === 'insert') {
    return {
      query: `INSERT INTO documents (owner, collection, id, version, body, change)
        VALUES (?, ?, ?, 1, ?, ?) IF NOT EXISTS`,
      params: [...key, body, changeId],
    }
  }
  return {
    query: `UPDATE documents SET version = ?, body = ?, change = ?
      WHERE owner = ? AND collection = ? AND id = ? IF version = ?`,
    params: [change.ifVersion + 1, body, changeId, ...key, change.ifVersion],
  }
}

/** Brings a commit of unknown end to its end, and tells whether it was done: all of it, or nothing. */
async function isDone(
  session: Session,
  partition: string,
  changes: readonly DocumentChange[],
  changeId: string,
): Promise<boolean> {
  const sign = changes.find(({ kind }) => kind !== 'remove') ?? changes[0]
  if (sign === undefined) return true
  const query = 'SELECT change FROM documents WHERE owner = ? AND collection = ? AND id = ?'
  const [row] = await session.readSerial(query, [partition, sign.collection, sign.id])
  return sign.kind === 'remove' ? row === undefined : row?.['change'] === changeId
}
