import { readFileSync } from 'node:fs'
import { waitFor } from './wait.ts'

const sampleEveryMs = 20

/** Resident anonymous memory of a process, in KiB. */
export function rssAnonKib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1])
}

/** Waits until a process's memory has stood still for a second, and returns it in KiB. */
export async function settledKib(pid: number): Promise<number> {
  const samples: number[] = []
  return waitFor(
    'memory to settle',
    () => {
      samples.push(rssAnonKib(pid))
      const last = samples.slice(-50)
      return last.length === 50 && Math.max(...last) - Math.min(...last) < 512 ? last.at(-1) : undefined
    },
    { limitMs: 30_000, everyMs: sampleEveryMs },
  )
}

/** Samples a process's memory while `work` goes on; returns the highest sample, in KiB. */
export async function peakKib(pid: number, work: () => Promise<void>): Promise<number> {
  let peak = rssAnonKib(pid)
  const timer = setInterval(() => (peak = Math.max(peak, rssAnonKib(pid))), sampleEveryMs)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  return Math.max(peak, rssAnonKib(pid))
}
