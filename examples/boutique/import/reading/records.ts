import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import { TradeFileError } from './trade-file-error.ts'
import { onlyUtf8 } from './utf8.ts'

/** One record of a CSV file; with newlines inside of quotes it takes several lines. */
export interface CsvRecord {
  /** Where it begins. */
  readonly line: number
  readonly fields: readonly string[]
}

/** One that is longer has a quote that nobody closed. */
const LONGEST_RECORD = 64 * 1024
const WHAT_IS_WRONG: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_MAX_RECORD_SIZE: `a record of more than ${LONGEST_RECORD / 1024} KiB begins here: is a quote not closed?`,
  CSV_INVALID_CLOSING_QUOTE:
    'text follows a closing quote; a quote inside of a quoted field is written twice',
  INVALID_OPENING_QUOTE: 'a quote stands inside of a field that does not begin with one',
}

/**
 * The records of a CSV file (RFC 4180, UTF-8 with or without a byte order mark, any newlines), the header first, blank
 * lines left out, read as they are asked for: no more of the file is in memory than a few chunks.
 * @throws TradeFileError with the line from which on it can't be read.
 */
export async function* readRecords(path: string): AsyncGenerator<CsvRecord> {
  let next = 1
  const begins: number[] = []
  const parser = parse({
    bom: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: LONGEST_RECORD,
    // Here, since what the parser has read ahead is lost to its reader when it fails: the count must be of that place.
    on_record(fields) {
      begins.push(next)
      next += 1 + newlinesIn(fields)
      return fields
    },
  })
  const reading = pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), onlyUtf8(path), parser)
  // It fails where the parser fails, and that is thrown below.
  reading.catch(() => undefined)
  try {
    for await (const fields of parser as AsyncIterable<string[]>) {
      const line = begins.shift() ?? 0
      if (fields.length > 1 || fields[0] !== '') yield { line, fields }
    }
  } catch (error) {
    throw faultOf(path, error, next)
  } finally {
    // A reader that goes away early leaves no open file behind.
    parser.destroy()
    await reading.catch(() => undefined)
  }
}

function newlinesIn(fields: readonly string[]): number {
  let count = 0
  for (const field of fields) if (/[\r\n]/.test(field)) count += field.match(/\r\n|\n|\r/g)?.length ?? 0
  return count
}

function faultOf(path: string, error: unknown, line: number): unknown {
  if (error instanceof CsvError)
    return new TradeFileError(path, [{ line, what: WHAT_IS_WRONG[error.code] ?? error.message }])
  if (!(error instanceof Error && 'code' in error)) return error
  switch (error.code) {
    case 'ENOENT':
      return new TradeFileError(path, [{ what: 'there is no such file' }])
    case 'EISDIR':
      return new TradeFileError(path, [{ what: 'it is a folder' }])
    case 'EACCES':
      return new TradeFileError(path, [{ what: 'it may not be read by this user' }])
    default:
      return error
  }
}
