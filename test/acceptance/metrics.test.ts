import { expect, it } from 'vitest'
import { call, completed, update, visit } from './support/calls.ts'
import { makeDirectory, startServer } from './support/server.ts'

it('/metrics of a running server shows its process, its store, and what the batch thread did', async () => {
  const { url } = await startServer({ directory: makeDirectory(), settings: { NODE_ID: 'node-7' } })
  await visit(url, { thirdPartyId: 'ann' })
  await update(url, 'ann', { plan: 'gold' })
  const body = `batch=thirdPartyId,plan\n${'ann,free\nbob,free\n'.repeat(10)}`
  const upload = await call(`${url}/m2/demo/v2/profile/batchUpdate`, { method: 'POST', body })
  await completed(url, /batchId=([^<]*)/.exec(upload.text)?.[1] ?? '')

  const { text } = await call(`${url}/metrics`)

  const values = new Map(
    text.split('\n').map((line): [string, number] => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    }),
  )
  expect(values.get('silhouette_profile_writes_total{source="visit",outcome="created"}')).toBe(1)
  expect(values.get('silhouette_profile_writes_total{source="update",outcome="updated"}')).toBe(1)
  const rows = ['created', 'updated', 'unchanged'].map((outcome) => {
    return values.get(`silhouette_batch_rows_total{outcome="${outcome}"}`) ?? 0
  })
  expect(rows.reduce((sum, count) => sum + count)).toBe(20)
  expect(values.get('silhouette_batches_completed_total')).toBe(1)
  expect(values.get('silhouette_store_commit_duration_seconds_count{source="rows"}')).toBeGreaterThan(0)
  expect(text).toMatch(/^silhouette_node_info\{node="node-7",version="\d+\.\d+\.\d+"\} 1$/m)
  expect(values.get('silhouette_store_bytes')).toBeGreaterThan(0)
  expect(values.get('silhouette_store_disk_free_bytes')).toBeGreaterThan(0)
  expect(values.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0)
  expect(values.get('process_resident_memory_bytes')).toBeGreaterThan(0)
})
