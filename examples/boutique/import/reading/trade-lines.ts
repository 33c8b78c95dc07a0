import { layoutOf } from './columns.ts'
import { readRecords } from './records.ts'
import { TradeFileError, type Fault } from './trade-file-error.ts'
import { createLineReader, type TradeLine } from './trade-line.ts'

/** With so many somebody has enough to mend. */
const MOST_FAULTS = 20

/** The lines of a trade file in their order. @throws TradeFileError once all faults (or the first 20) are known. */
export async function* readTradeLines(path: string): AsyncGenerator<TradeLine> {
  const faults: Fault[] = []
  let read: ReturnType<typeof createLineReader> | undefined
  let lines = 0
  for await (const record of readRecords(path)) {
    if (!read) {
      const layout = layoutOf(record.fields)
      if ('what' in layout) throw new TradeFileError(path, [layout])
      read = createLineReader(layout)
      continue
    }
    lines++
    const line = read(record)
    if (Array.isArray(line)) faults.push(...line)
    else if (faults.length === 0) yield line
    if (faults.length >= MOST_FAULTS) throw new TradeFileError(path, faults.slice(0, MOST_FAULTS), true)
  }
  if (!read) throw new TradeFileError(path, [{ what: 'it is empty' }])
  if (lines === 0) throw new TradeFileError(path, [{ what: 'it has a header and no line' }])
  if (faults.length > 0) throw new TradeFileError(path, faults)
}
