/** Lines over named places of the x axis. */
export interface Plot {
  /** Name of the file, without its ending. */
  readonly name: string
  readonly title: string
  readonly unit: string
  readonly places: readonly string[]
  readonly lines: Readonly<Record<string, readonly number[]>>
  /** A logarithmic y axis, for values that differ by orders of magnitude. */
  readonly isLogarithmic?: boolean
}

const width = 720
const height = 360
const margin = { left: 64, right: 200, top: 40, bottom: 40 }
const colours = ['#0265dc', '#d7373f', '#007a4d', '#cb5d00', '#7326d3', '#5c5c5c']

/** Draws a plot as an SVG that can be read on a light and on a dark page. */
export function plot({ title, unit, places, lines, isLogarithmic = false }: Plot): string {
  const most = Math.max(...Object.values(lines).flat())
  const least = isLogarithmic ? Math.min(...Object.values(lines).flat()) : 0
  const scale = isLogarithmic ? Math.log10 : (value: number) => value
  const [low, high] = [scale(least), scale(most)]
  const x = (index: number) =>
    margin.left + (index * (width - margin.left - margin.right)) / Math.max(1, places.length - 1)
  const y = (value: number) =>
    height -
    margin.bottom -
    ((scale(value) - low) * (height - margin.top - margin.bottom)) / (high - low || 1)
  const text = (at: { x: number; y: number; anchor?: string }, words: string, colour = '#464646') =>
    `<text x="${at.x.toFixed(1)}" y="${at.y.toFixed(1)}" text-anchor="${at.anchor ?? 'start'}" ` +
    `fill="${colour}">${words}</text>`
  const steps = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const value = isLogarithmic ? 10 ** (low + share * (high - low)) : share * most
    const line = `<path d="M${margin.left} ${y(value).toFixed(1)}H${width - margin.right}" stroke="#d5d5d5"/>`
    return line + text({ x: margin.left - 8, y: y(value) + 4, anchor: 'end' }, shortNumber(value))
  })
  const curves = Object.entries(lines).map(([name, values], index) => {
    const colour = colours[index % colours.length] ?? '#000'
    const points = values.map((value, place) => `${x(place).toFixed(1)},${y(value).toFixed(1)}`)
    const last = y(values.at(-1) ?? 0)
    return (
      `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>` +
      text({ x: width - margin.right + 10, y: spread(index, last) }, name, colour)
    )
  })
  const names = places.map((place, index) => text({ x: x(index), y: height - 16, anchor: 'middle' }, place))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"`,
    'font-family="sans-serif" font-size="12">',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text({ x: margin.left, y: 22 }, `${title}, ${unit}`, '#1f1f1f'),
    ...steps,
    ...names,
    ...curves,
    '</svg>\n',
  ].join('\n')

  /** Labels stand in their order beside the plot, so that none covers another. */
  function spread(index: number, wanted: number): number {
    const order = Object.values(lines)
      .map((values, at) => ({ at, end: y(values.at(-1) ?? 0) }))
      .toSorted((a, b) => a.end - b.end)
    let last = Number.NEGATIVE_INFINITY
    for (const { at, end } of order) {
      last = Math.max(end + 4, last + 15)
      if (at === index) return last
    }
    return wanted
  }
}

function shortNumber(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(0)}k`
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2)
}
