/** The known names that a mistyped one may have meant, the nearest first; at most three. */
export function nearest(mistyped: string, known: readonly string[]): readonly string[] {
  const wanted = mistyped.toLowerCase()
  const most = Math.max(2, Math.floor(mistyped.length / 3))
  return known
    .map((name) => ({ name, far: distance(wanted, name.toLowerCase()) }))
    .filter(({ name, far }) => far <= most || name.toLowerCase().includes(wanted))
    .toSorted((one, other) => one.far - other.far)
    .slice(0, 3)
    .map(({ name }) => name)
}

/** Levenshtein: how many letters to insert, to leave out or to change. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (const [line, letter] of from.split('').entries()) {
    const above = row
    row = [line + 1]
    for (const [at, other] of to.split('').entries()) {
      const changed = cell(above, at) + (letter === other ? 0 : 1)
      row.push(Math.min(cell(above, at + 1) + 1, cell(row, at) + 1, changed))
    }
  }
  return cell(row, to.length)
}

function cell(row: readonly number[], at: number): number {
  return row[at] ?? Number.POSITIVE_INFINITY
}
