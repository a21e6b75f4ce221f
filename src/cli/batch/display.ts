import { SingleBar } from 'cli-progress'
import type { Shell } from '../shell.ts'
import { progressText, Rate, shareOf, type Progress, type Unit } from './progress.ts'

/** Time between two lines where there is no terminal, ms. */
const lineEveryMs = 5_000

/** Widest bar, in characters. */
const barCharsMax = 30

/** One step of the work, told to whoever waits for it. */
export interface Step {
  /** Says how far it is; may be called as often as it changes. */
  readonly update: (done: number) => void
  /** To be called at the end, whatever it was: gives the terminal's line back. */
  readonly end: () => void
}

export interface StepFacts {
  /** `Sent`, `Applied`: what happened to the units. */
  readonly label: string
  readonly unit: Unit
  readonly total?: number | undefined
}

export interface Display {
  readonly begin: (facts: StepFacts) => Step
}

/** Shows progress on standard error: a bar on a terminal, lines elsewhere, and nothing there for `--json`. */
export function openDisplay({ stderr }: Pick<Shell, 'stderr'>, isJson: boolean): Display {
  if (stderr.isTTY === true) return { begin: (facts) => beginBar(facts, stderr) }
  const write = isJson ? () => {} : (line: string) => void stderr.write(`${line}\n`)
  return { begin: (facts) => beginLines(facts, write) }
}

function beginBar({ label, unit, total }: StepFacts, stderr: Shell['stderr']): Step {
  const rate = new Rate()
  let progress: Progress = { done: 0, total }
  const bar = new SingleBar({
    stream: stderr,
    clearOnComplete: true,
    hideCursor: true,
    // The caller ends the bar, also by Ctrl-C.
    gracefulExit: false,
    format: () => barLine({ label, unit, progress }, stderr.columns ?? 80),
  })
  bar.start(total ?? 0, 0)
  rate.add(performance.now(), 0)
  return {
    update: (done) => {
      rate.add(performance.now(), done)
      progress = { done, total, perSecond: rate.perSecond }
      bar.update(done)
    },
    end: () => bar.stop(),
  }
}

/** `Sent [=====     ] 12.5 MiB of 50.0 MiB (25%), 10.1 MiB/s, 4 s left`, in one line of the terminal. */
export function barLine(
  { label, unit, progress }: { label: string; unit: Unit; progress: Progress },
  columns: number,
): string {
  const text = progressText(progress, unit)
  const room = Math.min(barCharsMax, columns - label.length - text.length - 5)
  if (progress.total === undefined || room < 5) return `${label} ${text}`.slice(0, columns - 1)
  const full = Math.round(shareOf(progress) * room)
  return `${label} [${'='.repeat(full)}${' '.repeat(room - full)}] ${text}`
}

function beginLines({ label, unit, total }: StepFacts, write: (line: string) => void): Step {
  const rate = new Rate()
  const line = (done: number) => `${label} ${progressText({ done, total, perSecond: rate.perSecond }, unit)}`
  let last = 0
  let toldAtMs = performance.now()
  rate.add(toldAtMs, 0)
  return {
    update: (done) => {
      const nowMs = performance.now()
      rate.add(nowMs, done)
      last = done
      if (nowMs - toldAtMs < lineEveryMs) return
      toldAtMs = nowMs
      write(line(done))
    },
    end: () => write(line(last)),
  }
}
