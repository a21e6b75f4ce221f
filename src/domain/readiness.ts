import { reasonIn, Refusal } from '../lib/errors.ts'
import { within } from '../lib/within.ts'
import type { DomainContext } from './context.ts'

/** How long the store may take to answer one small read, ms. */
const answerMsMax = 2_000

const tooSlow = () => new Error(`no answer within ${answerMsMax} ms`)

/**
 * Reads one record, to see that the store answers; whether there is such a record makes no difference.
 *
 * @throws Refusal `store_unavailable`
 */
export async function requireReady(context: DomainContext): Promise<void> {
  try {
    await within(answerMsMax, context.store.documents.get('*', 'probes', 'readyz'), tooSlow)
  } catch (err) {
    const reason = err instanceof Refusal ? reasonIn(err) : undefined
    const [why, detail] = reason === undefined ? ['', { err }] : [` (${reason})`, { reason }]
    throw new Refusal('store_unavailable', `The store does not answer${why}; ask again later.`, detail)
  }
}
