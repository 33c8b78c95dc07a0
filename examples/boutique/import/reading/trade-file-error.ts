/** Something that is wrong in a trade file, and where. */
export interface Fault {
  /** Counted from 1, as editors do; absent where the whole file is meant. */
  readonly line?: number
  readonly what: string
}

/** The trade file can't be read. Nothing of it is sent before all of it was read once, so nothing is half imported. */
export class TradeFileError extends Error {
  override readonly name = 'TradeFileError'
  readonly faults: readonly Fault[]

  /** @param more whether reading stopped before the end, so that there may be further faults. */
  constructor(path: string, faults: readonly Fault[], more = false) {
    const lines = faults.map(({ line, what }) =>
      line === undefined ? `  ${what}` : `  line ${line}: ${what}`,
    )
    if (more) lines.push(`  … reading stopped after ${faults.length} faults`)
    super(
      [`${path} can't be imported:`, ...lines, 'Mend the file and start again: nothing was imported.'].join(
        '\n',
      ),
    )
    this.faults = faults
  }
}
