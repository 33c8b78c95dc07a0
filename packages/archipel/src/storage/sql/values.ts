import { frameworkError } from '../../errors/index.ts'

/** How `pg` asks for the reader of a type; `text` is the only format we use. */
export interface ValueParsers {
  getTypeParser(typeId: number, format?: string): (text: string) => unknown
}

/** Type numbers of PostgreSQL; they are the same in every installation. */
const BOOL = 16
const BYTEA = 17
const INT8 = 20
const INT2 = 21
const INT4 = 23
const OID = 26
const JSON_TEXT = 114
const FLOAT4 = 700
const FLOAT8 = 701
const TIMESTAMP = 1114
const TIMESTAMPTZ = 1184
const JSONB = 3802

const PARSERS = new Map<number, (text: string) => unknown>([
  [BOOL, (text) => text === 't'],
  [BYTEA, (text) => Buffer.from(text.slice(2), 'hex')],
  [INT8, safeInteger],
  [INT2, Number],
  [INT4, Number],
  [OID, Number],
  [FLOAT4, Number],
  [FLOAT8, Number],
  [JSON_TEXT, (text) => JSON.parse(text)],
  [JSONB, (text) => JSON.parse(text)],
  [TIMESTAMP, (text) => text.replace(' ', 'T')],
  [TIMESTAMPTZ, isoInstant],
])

/** Array type to element type; arrays of types not listed here stay text. */
const ELEMENTS = new Map<number, number>([
  [1000, BOOL],
  [1001, BYTEA],
  [1005, INT2],
  [1007, INT4],
  [1016, INT8],
  [1021, FLOAT4],
  [1022, FLOAT8],
  [1009, 25], // text
  [1015, 1043], // varchar
  [1231, 1700], // numeric
  [2951, 2950], // uuid
  [1182, 1082], // date
  [1115, TIMESTAMP],
  [1185, TIMESTAMPTZ],
  [199, JSON_TEXT],
  [3807, JSONB],
])

const asText = (text: string): unknown => text

/**
 * Rows as Archipel gives them: `bigint` as a number (refused beyond 2^53), `timestamptz` as ISO 8601 in UTC,
 * JSON parsed, `bytea` as bytes, `numeric`, `date` and all else as text.
 */
export const valueParsers: ValueParsers = {
  getTypeParser(typeId) {
    const element = ELEMENTS.get(typeId)
    if (element === undefined) return PARSERS.get(typeId) ?? asText
    const parse = PARSERS.get(element) ?? asText
    return (text) => parseArray(text, parse)
  },
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  throw frameworkError(
    'ARC_ROW_INVALID',
    'A bigint beyond 2^53 can not be read as a number; select it as text (column::text).',
  )
}

/** `2026-01-02 03:04:05.678+00` as `2026-01-02T03:04:05.678Z`; what has no such form (infinity, BC) stays as it is. */
function isoInstant(text: string): string {
  const parts = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?([+-]\d\d)(:\d\d)?$/.exec(text)
  if (parts === null) return text
  const [, date, seconds, fraction = '', hours, minutes = ':00'] = parts
  // Milliseconds at least, as `Date` writes them: an instant that went in comes out the same.
  const time = `${seconds}.${fraction.padEnd(3, '0')}`
  if (hours === '+00' && minutes === ':00') return `${date}T${time}Z`
  return new Date(`${date}T${time}${hours}${minutes}`).toISOString()
}

/** Reads PostgreSQL's array literal, such as `{1,NULL,"a b",{2}}`. */
function parseArray(text: string, parse: (element: string) => unknown): unknown[] {
  let at = text.indexOf('{')

  function quoted(): string {
    let value = ''
    for (at++; text[at] !== '"'; at++) {
      if (text[at] === '\\') at++
      value += text[at]
    }
    at++
    return value
  }

  function list(): unknown[] {
    const values: unknown[] = []
    at++
    while (text[at] !== '}') {
      if (text[at] === ',') at++
      else if (text[at] === '{') values.push(list())
      else if (text[at] === '"') values.push(parse(quoted()))
      else {
        const start = at
        while (text[at] !== ',' && text[at] !== '}') at++
        const word = text.slice(start, at)
        values.push(word === 'NULL' ? null : parse(word))
      }
    }
    at++
    return values
  }

  return list()
}
