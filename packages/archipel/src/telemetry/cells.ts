interface Branch<TCell> {
  readonly branches: Map<string, Branch<TCell>>
  cell: TCell | undefined
}

/** The cells of one metric, one for each combination of labels: found without building a joined key. */
export interface Cells<TCell> {
  at(labels: readonly string[]): TCell
  entries(): Iterable<{ readonly labels: readonly string[]; readonly cell: TCell }>
}

/** Above this number of combinations further ones share one cell, so that outside input can't fill the memory. */
const MOST_CELLS = 10_000
const OTHER = 'other'

export function createCells<TCell>(labelCount: number, make: () => TCell): Cells<TCell> {
  const root: Branch<TCell> = { branches: new Map(), cell: undefined }
  const all: { labels: readonly string[]; cell: TCell }[] = []

  function found(branch: Branch<TCell>, labels: readonly string[]): TCell {
    if (branch.cell === undefined) {
      branch.cell = make()
      all.push({ labels: [...labels], cell: branch.cell })
    }
    return branch.cell
  }

  function walk(labels: readonly string[]): TCell | undefined {
    let branch = root
    for (let index = 0; index < labelCount; index++) {
      const label = labels[index] ?? ''
      let next = branch.branches.get(label)
      if (next === undefined) {
        if (all.length >= MOST_CELLS && label !== OTHER) return undefined
        next = { branches: new Map(), cell: undefined }
        branch.branches.set(label, next)
      }
      branch = next
    }
    return found(branch, labels)
  }

  return {
    at: (labels) => walk(labels) ?? walk(Array.from({ length: labelCount }, () => OTHER)) ?? make(),
    entries: () => all,
  }
}
