import type { Schema } from '../../contract/index.ts'
import { frameworkError } from '../../errors/index.ts'
import type { Row } from '../types.ts'

/** Reads each row by the schema. The error names columns, never values: those may be somebody's secret. */
export async function parseRows<TRow>(schema: Schema<unknown, TRow>, rows: readonly Row[]): Promise<TRow[]> {
  const parsed: TRow[] = []
  for (const row of rows) {
    const outcome = schema['~standard'].validate(row)
    const result = outcome instanceof Promise ? await outcome : outcome
    if (result.issues !== undefined) throw rowInvalid(row, result.issues)
    parsed.push(result.value)
  }
  return parsed
}

export async function parseAtMostOne<TRow>(
  schema: Schema<unknown, TRow>,
  rows: readonly Row[],
): Promise<TRow | undefined> {
  if (rows.length > 1)
    throw frameworkError('ARC_ROW_INVALID', `The statement gave ${rows.length} rows where one was expected.`)
  const [row] = await parseRows(schema, rows)
  return row
}

export async function parseOne<TRow>(schema: Schema<unknown, TRow>, rows: readonly Row[]): Promise<TRow> {
  if (rows.length !== 1)
    throw frameworkError(
      'ARC_ROW_INVALID',
      `The statement gave ${rows.length} rows where exactly one was expected.`,
    )
  const [row] = await parseRows(schema, rows)
  // The length was checked above; a schema may well turn the one row into undefined.
  return row as TRow
}

interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

function rowInvalid(row: Row, issues: readonly Issue[]): Error {
  const columns = issues.map((issue) => {
    const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
    const missing = path[0] !== undefined && !Object.hasOwn(row, path[0])
    return `${path.join('.') || 'row'}: ${missing ? 'there is no such column' : issue.message}`
  })
  return frameworkError('ARC_ROW_INVALID', `A row does not fit its schema: ${columns.join('; ')}.`)
}
