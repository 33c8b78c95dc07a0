import type { JsonObject, JsonValue } from '../../errors/index.ts'
import { plain } from './plain.ts'

/** One column: its title, and what stands in it. */
export interface Column {
  readonly title: string
  readonly of: (row: JsonObject) => JsonValue | undefined
}

/** A column of the field with this name; without a title it is the field's name. */
export function column(field: string, title = field): Column {
  return { title: title.toUpperCase(), of: (row) => row[field] }
}

/** Rows under aligned titles; numbers stand to the right. No rows: one line that says so. */
export function table(rows: readonly JsonObject[], columns: readonly Column[], none: string): string {
  if (rows.length === 0) return `${none}\n`
  const values = rows.map((row) => columns.map(({ of }) => of(row)))
  const texts = values.map((cells) => cells.map(cellText))
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...texts.map((cells) => cells[at]?.length ?? 0)),
  )
  const numeric = columns.map((_, at) => isNumeric(values.map((cells) => cells[at] ?? null)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (numeric[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return `${[columns.map(({ title }) => title), ...texts].map(line).join('\n')}\n`
}

/** Names and values of one thing, one a line. */
export function fields(thing: JsonObject): string {
  const entries = Object.entries(thing).filter(([, value]) => value !== undefined)
  const width = Math.max(0, ...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${cellText(value)}\n`).join('')
}

export function cellText(value: JsonValue | undefined): string {
  if (value === undefined || value === null || value === '') return '-'
  return plain(typeof value === 'string' ? value : JSON.stringify(value))
}

function isNumeric(values: readonly JsonValue[]): boolean {
  const given = values.filter((value) => value !== null)
  return given.length > 0 && given.every((value) => typeof value === 'number')
}
