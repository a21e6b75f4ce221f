// The load's own process: reads an order from standard input, prints what came of it.
import { text } from 'node:stream/consumers'
import autocannon from 'autocannon'

const { url, paths, connections, seconds, headers } = JSON.parse(await text(process.stdin))
const requests = paths.map((path) => ({ path, headers }))
const times = []
const run = autocannon({ url, connections, duration: seconds, requests })
// Autocannon's own percentiles are whole milliseconds.
run.on('response', (_client, _status, _bytes, ms) => times.push(ms))
const { requests: counts, non2xx, errors, timeouts } = await run

times.sort((a, b) => a - b)
const at = (percent) => times[Math.min(times.length - 1, Math.floor((times.length * percent) / 100))]
const latencyMs = { 50: at(50), 90: at(90), 99: at(99), 99.9: at(99.9) }
const failed = non2xx + errors + timeouts
process.stdout.write(JSON.stringify({ perSecond: counts.average, latencyMs, failed }))
