import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeMetrics } from '../../scripts/generate/metrics.ts'
import { describeSettings } from '../../src/config.ts'
import { startApp } from '../http/start-app.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Text of every sample, by its path. */
const samples = readdirSync(path.join(root, 'deploy'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => ({ file: name, text: readFileSync(path.join(parentPath, name), 'utf8') }))

function seriesNames(): Set<string> {
  const names = describeMetrics().flatMap(({ name, type }) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name],
  )
  return new Set(names)
}

describe('the samples in deploy/', () => {
  it('name only metrics that there are', () => {
    const known = seriesNames()

    const unknown = samples.flatMap(({ file, text }) =>
      (text.match(/\bsilhouette_\w+/g) ?? []).filter((name) => !known.has(name)).map((name) => [file, name]),
    )

    expect(samples.length).toBeGreaterThan(8)
    expect(unknown).toEqual([])
  })

  it('name only settings that there are', () => {
    const known = new Set(describeSettings().map(({ variable }) => variable))

    const unknown = samples.flatMap(({ file, text }) =>
      (text.match(/\bSILHOUETTE_\w+/g) ?? []).filter((name) => !known.has(name)).map((name) => [file, name]),
    )

    expect(unknown).toEqual([])
  })

  it('give the alert on slow replies the routes that have one', async () => {
    const { app } = await startApp()
    const alerts = samples.find(({ file }) => file === 'alerts.yml')?.text ?? ''

    const pattern = new RegExp(`^(?:${/bucket\{route=~"([^"]+)"\}/.exec(alerts)?.[1]})$`)

    const routes = ['/rest/v1/delivery', '/rest/v1/profiles/:id', '/m2/:client/profile/update']
    expect(routes.filter((route) => !pattern.test(route))).toEqual([])
    expect(routes.filter((url) => !app.hasRoute({ method: 'GET', url }))).toEqual([])
  })

  it('build the image from all files that a build reads', () => {
    const bootstrap = readFileSync(path.join(root, 'scripts/bootstrap.mjs'), 'utf8')
    const read = [...bootstrap.matchAll(/'((?:[\w-]+\/)*[\w-]*\.?(?:json|npmrc)|\w+\/src|src)'/g)]
    const ignore = samples.find(({ file }) => file === 'Dockerfile.dockerignore')?.text ?? ''
    const taken = ignore.split('\n').flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []))

    const missing = read
      .map(([, name = '']) => name)
      .filter((name) => existsSync(path.join(root, name)))
      .filter((name) => !taken.some((entry) => name === entry || name.startsWith(`${entry}/`)))

    expect(read.length).toBeGreaterThan(8)
    expect(missing).toEqual([])
  })

  it('show every metric on the dashboard, whose panels have an id of their own each', () => {
    const text = samples.find(({ file }) => file === 'silhouette.json')?.text ?? '{}'
    const { panels } = JSON.parse(text) as { panels: { id: number; title: string }[] }

    const missing = describeMetrics().filter(({ name }) => !text.includes(name))

    // Of failed scrapes an alert tells.
    expect(missing.map(({ name }) => name)).toEqual(['silhouette_scrape_failures_total'])
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  })
})
