/** Finds the name that a mistyped one most likely meant; undefined when none is near. */
export function nearestName(typed: string, names: Iterable<string>): string | undefined {
  const editsMax = Math.max(2, Math.floor(typed.length / 4))
  let nearest: string | undefined
  let fewest = editsMax + 1
  for (const name of names) {
    const edits = countEdits(typed, name)
    if (edits < fewest) {
      nearest = name
      fewest = edits
    }
  }
  return nearest
}

/** Counts the characters to add, remove or replace to get from one text to the other (Levenshtein). */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
