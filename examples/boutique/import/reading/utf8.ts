import { isUtf8 } from 'node:buffer'
import { TradeFileError } from './trade-file-error.ts'

const NEWLINE = 0x0a
const UTF16_MARKS = ['fffe', 'feff']

/** Passes bytes on as they are as long as they are UTF-8. @throws TradeFileError with the line of the first that isn't. */
export function onlyUtf8(path: string) {
  return async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let line = 1
    // A character may lie across the border of two chunks: what follows the last newline is looked at with the next one.
    let rest: Buffer = Buffer.alloc(0)
    for await (const chunk of chunks) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      if (line === 1) refuseUtf16(path, bytes)
      const end = bytes.lastIndexOf(NEWLINE) + 1
      line = linesOf(path, bytes.subarray(0, end), line)
      rest = bytes.subarray(end)
      yield chunk
    }
    linesOf(path, rest, line)
  }
}

/** @returns the number of the line after these whole ones. */
function linesOf(path: string, bytes: Buffer, first: number): number {
  const good = isUtf8(bytes)
  let line = first
  for (let from = 0; from < bytes.length; line++) {
    const newline = bytes.indexOf(NEWLINE, from)
    const end = newline < 0 ? bytes.length : newline + 1
    if (!good && !isUtf8(bytes.subarray(from, end))) {
      throw new TradeFileError(path, [
        { line, what: 'is not UTF-8; save the file as CSV in UTF-8 (Excel: "CSV UTF-8")' },
      ])
    }
    from = end
  }
  return line
}

function refuseUtf16(path: string, bytes: Buffer): void {
  if (!UTF16_MARKS.includes(bytes.subarray(0, 2).toString('hex'))) return
  throw new TradeFileError(path, [
    { line: 1, what: 'is UTF-16; save the file as CSV in UTF-8 (Excel: "CSV UTF-8")' },
  ])
}
