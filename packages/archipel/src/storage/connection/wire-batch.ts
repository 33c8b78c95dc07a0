import pg from 'pg'
import { frameworkError, isArchipelError } from '../../errors/index.ts'
import { encodeParameter } from '../sql/parameters.ts'
import type { Row } from '../types.ts'
import { valueParsers, type ValueParsers } from '../sql/values.ts'

export interface WireStatement {
  readonly text: string
  readonly values: readonly unknown[]
  /** Prepares it under this name, once for each connection. */
  readonly name?: string | undefined
  /** Prepares a text without a name when it comes again; it may then fail with a stale plan, see `isStalePlan`. */
  readonly mayComeAgain?: boolean | undefined
  readonly rowMode?: string | undefined
  readonly types?: ValueParsers | undefined
}

export interface Field {
  readonly name: string
  readonly dataTypeID: number
}

export interface WireResult {
  /** Objects by column name; of a statement with `rowMode: 'array'` arrays. */
  readonly rows: Row[]
  readonly fields: readonly Field[]
  /** First word of the command tag, such as `INSERT`; `undefined` for a statement that never completed. */
  readonly command: string
  readonly rowCount: number | null
}

export interface WireOutcome {
  /** Of the statements that completed, in order: fewer than were sent when one failed. */
  readonly results: readonly WireResult[]
  readonly failure: Error | undefined
}

/** The part of `pg`'s connection that a query object writes to. */
interface WireConnection {
  readonly stream: { cork(): void; uncork(): void }
  readonly parsedStatements: Record<string, string | undefined>
  readonly submittedNamedStatements: Record<string, string | undefined>
  parse(message: { text: string; name: string | undefined; types: undefined }): void
  bind(message: { portal: string; statement: string | undefined; values: unknown[]; binary: boolean }): void
  describe(message: { type: 'P'; name: string }): void
  execute(message: { portal: string; rows: undefined }): void
  sync(): void
  sendCopyFail(message: string): void
}

/** The columns of prepared statements, by name: the server would rather fail than answer with others. */
export type KnownColumns = Map<string, readonly Field[]>

interface OpenResult {
  readonly rows: Row[]
  readonly fields: readonly Field[]
  readonly parsers: readonly ((text: string) => unknown)[]
}

/** Others, such as FETCH, may answer with other columns each time. */
const PLANNED = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE'])

const NO_COLUMNS: readonly Field[] = []

/** `pg` takes only queries of its own kind in pipeline mode; what its constructor prepares, a batch has no use for. */
function QueryKind(): void {}
QueryKind.prototype = pg.Query.prototype

/**
 * Several statements sent as one message with one `Sync` behind the last: one round trip, and when one fails the
 * server skips the rest. That makes `BEGIN` plus a statement safe: without its BEGIN the statement is not run.
 * It is a query object of `pg`, which calls the `handle…` methods in the order of the server's messages.
 */
export class WireBatch extends (QueryKind as unknown as new () => object) {
  readonly #statements: readonly WireStatement[]
  readonly #values: (string | Buffer | null)[][]
  readonly #results: WireResult[] = []
  readonly #settle: (outcome: WireOutcome) => void
  readonly #known: KnownColumns
  #open: OpenResult = { rows: [], fields: NO_COLUMNS, parsers: [] }
  #failure: Error | undefined
  /** `pg` refuses query objects without it. */
  readonly callback = (): void => undefined

  constructor(
    statements: readonly WireStatement[],
    known: KnownColumns,
    settle: (outcome: WireOutcome) => void,
  ) {
    super()
    this.#statements = statements
    this.#values = statements.map((statement) => statement.values.map(encodeParameter))
    this.#known = known
    this.#settle = settle
  }

  get #current(): WireStatement | undefined {
    return this.#statements[this.#results.length]
  }

  /** `pg` asks for name and text of the statement whose messages come. */
  get name(): string | undefined {
    return this.#current?.name
  }

  get text(): string | undefined {
    return this.#current?.text
  }

  submit(connection: WireConnection): null {
    this.#begin()
    connection.stream.cork()
    try {
      this.#statements.forEach((statement, index) =>
        this.#write(connection, statement, this.#values[index] ?? []),
      )
      connection.sync()
    } finally {
      connection.stream.uncork()
    }
    return null
  }

  #write(connection: WireConnection, { text, name }: WireStatement, values: unknown[]): void {
    const known =
      name !== undefined &&
      (connection.parsedStatements[name] ?? connection.submittedNamedStatements[name]) !== undefined
    if (!known) {
      connection.parse({ text, name, types: undefined })
      if (name !== undefined) connection.submittedNamedStatements[name] = text
    }
    connection.bind({ portal: '', statement: name, values, binary: false })
    if (name === undefined || !this.#known.has(name)) connection.describe({ type: 'P', name: '' })
    connection.execute({ portal: '', rows: undefined })
  }

  handleRowDescription({ fields }: { fields: readonly Field[] }): void {
    this.#open = this.#resultOf(fields)
  }

  /** The messages of the next statement come; a known one is not described again. */
  #begin(): void {
    this.#open = this.#resultOf(this.#known.get(this.name ?? '') ?? NO_COLUMNS)
  }

  #resultOf(fields: readonly Field[]): OpenResult {
    const types = this.#current?.types ?? valueParsers
    return { rows: [], fields, parsers: fields.map((field) => types.getTypeParser(field.dataTypeID, 'text')) }
  }

  handleDataRow({ fields: texts }: { fields: readonly (string | null)[] }): void {
    const { rows, fields, parsers } = this.#open
    try {
      const values = texts.map((text, index) => (text === null ? null : parsers[index]?.(text)))
      const named = this.#current?.rowMode !== 'array'
      // Only who asked for arrays gets them, and takes them as such.
      rows.push(
        named
          ? Object.fromEntries(fields.map(({ name }, index) => [name, values[index]]))
          : (values as unknown as Row),
      )
    } catch (error) {
      const unreadable = () =>
        frameworkError('ARC_ROW_INVALID', 'A value of the answer can not be read.', { cause: error })
      this.#failure ??= isArchipelError(error) ? error : unreadable()
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    const { command, rowCount } = tagOf(text)
    const { rows, fields } = this.#open
    const { name } = this
    if (name !== undefined && (fields.length === 0 || PLANNED.has(command))) this.#known.set(name, fields)
    this.#results.push({ rows, fields, command, rowCount })
    this.#begin()
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' })
  }

  /** An error of the server, or the loss of the connection. */
  handleError(error: Error, connection: WireConnection): void {
    // Statements behind the failed one were never parsed.
    for (const { name } of this.#statements.slice(this.#results.length)) {
      if (name !== undefined) delete connection.submittedNamedStatements[name]
    }
    this.#settle({ results: this.#results, failure: error })
  }

  handleReadyForQuery(): void {
    this.#settle({ results: this.#results, failure: this.#failure })
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: WireConnection): void {
    connection.sendCopyFail('COPY FROM STDIN is not supported')
  }

  handleCopyData(): void {}
}

/** Reads a command tag, such as `SELECT 2`, `INSERT 0 1` (the 0 is history) or `CREATE TABLE`. */
function tagOf(text: string): { command: string; rowCount: number | null } {
  const space = text.lastIndexOf(' ')
  const rowCount = space < 0 ? Number.NaN : Number(text.slice(space + 1))
  if (Number.isNaN(rowCount)) return { command: text, rowCount: null }
  return { command: text.startsWith('INSERT ') ? 'INSERT' : text.slice(0, space), rowCount }
}
