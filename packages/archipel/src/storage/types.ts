import type { Schema } from '../contract/index.ts'

/** A statement with its parameters; made by the `sql` tag, never by joining text. */
export interface SqlStatement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** A statement of the framework itself; `name` makes it a prepared one. */
export interface FrameworkStatement extends SqlStatement {
  readonly name?: string | undefined
}

export type Row = Record<string, unknown>

/** What every handler sees of a database: it reads. Rows are parsed by a schema: there is no `any`. */
export interface Queryable {
  /** Exactly one row. @throws ARC_ROW_INVALID when there is none, several, or it doesn't fit. */
  one<TRow>(schema: Schema<unknown, TRow>, statement: SqlStatement): Promise<TRow>
  maybeOne<TRow>(schema: Schema<unknown, TRow>, statement: SqlStatement): Promise<TRow | undefined>
  many<TRow>(schema: Schema<unknown, TRow>, statement: SqlStatement): Promise<TRow[]>
}

/** The `db` of a query or a stream: a role that can only read, no transaction around a single statement. */
export interface ReadDatabase extends Queryable {
  /** Several statements on one snapshot. */
  snapshot<TResult>(work: (db: Queryable) => Promise<TResult>): Promise<TResult>
}

/** The `db` of a command or an event handler: inside the one transaction that the framework owns. */
export interface WriteDatabase extends Queryable {
  /** @returns the number of rows that the statement touched. */
  run(statement: SqlStatement): Promise<number>
  /** A savepoint: what `work` wrote is undone when it throws. */
  transaction<TResult>(work: (db: WriteDatabase) => Promise<TResult>): Promise<TResult>
  /** The same transaction as a guarded `pg` client, for Kysely, Drizzle and the like. */
  readonly client: LentClient
}

/** The part of a `pg` client that query builders use. It refuses statements that would end the transaction. */
export interface LentClient {
  query(
    statement:
      | string
      | { text: string; values?: unknown[]; rowMode?: string; types?: unknown; name?: string },
    values?: unknown[],
    // oxlint-disable-next-line typescript/no-explicit-any -- query builders type the rows themselves
  ): Promise<{ rows: any[]; rowCount: number | null; command: string; fields: unknown[] }>
  release(): void
}

/** What a transaction begins with: it goes along with the first statement, before it. */
export interface Opening {
  /** When one of them fails, nothing that comes after it is run. */
  readonly statements: readonly FrameworkStatement[]
  /** Called when all of them were run, and awaited before the first statement is answered. */
  readonly passed?: (() => Promise<void>) | undefined
}

/** A transaction in the hands of the framework: `BEGIN` is sent with the first statement, `COMMIT` with the last. */
export interface Transaction extends AsyncDisposable {
  /** Sends at once, without waiting for what was sent before: statements run in the order of the calls. */
  query(statement: FrameworkStatement): Promise<Row[]>
  /** A statement without an answer that goes along with whatever is sent next. */
  precede(statement: FrameworkStatement): void
  /** Sends the opening if nothing was sent yet. @returns what it failed with; undefined once it was run. */
  opened(): Promise<Error | undefined>
  /** The guarded view for user code; it refuses to start a statement after `signal` is aborted. */
  lend(signal: AbortSignal): WriteDatabase
  /**
   * Runs `last` and commits, in one round trip. @returns the rows of each of `last`.
   * @throws the error of the first statement that failed (nothing was written), or ARC_DATABASE_UNAVAILABLE with
   * effect `unknown` when the connection was lost before the answer to `COMMIT`.
   */
  commit(last: readonly FrameworkStatement[]): Promise<Row[][]>
  /**
   * Ends without a trace; does nothing after `commit`. Leaving the scope of `await using` does the same.
   * @throws ARC_DATABASE_UNAVAILABLE when the connection was lost before: what was made of that is of no account.
   */
  rollback(): Promise<void>
}

/** The database of one service, under the login roles of that service alone. */
export interface ServiceDatabase {
  readonly service: string
  /** Who logs in: the one that writes, and the one that may only read. */
  readonly roles: { readonly writer: string; readonly reader: string }
  readonly reader: ReadDatabase
  /** One statement of the framework under the service's writing role, in a transaction of its own. */
  query(statement: FrameworkStatement): Promise<Row[]>
  begin(opening?: Opening): Promise<Transaction>
  /**
   * Make deferred constraints speak: sent before events get their positions, as after that only `COMMIT` may follow.
   * Empty where the schema has no such constraint (learnt when the host starts).
   */
  readonly constraintChecks: readonly FrameworkStatement[]
}

/** A numbered change of a schema. Its checksum is kept: a migration that has run never changes. */
export interface Migration {
  /** Such as `0001-orders`; they run in the order of the list. */
  readonly name: string
  readonly sql: string
}
