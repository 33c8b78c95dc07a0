import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Pool } from 'pg'
import { z } from 'zod'
import { firstRow } from './outage.ts'
import type {
  AuthorisationRequest,
  BooksQuery,
  CaptureRequest,
  CreditRequest,
  RefundRequest,
  VoidRequest,
} from './requests.ts'
import { behaviourOf } from './tokens.ts'

const Outcome = z.object({
  status: z.int(),
  /** JSON text, sent as it is stored: a replay equals the first answer to the byte. */
  body: z.string(),
  replayed: z.boolean(),
  /** How this one answer is given; a replay is always given at once. */
  manner: z.enum(['slow', 'lost']).nullable(),
})
export type Outcome = z.output<typeof Outcome>

const Found = z.object({ body: z.string() })

/**
 * The provider's books in PostgreSQL. Every write is one function call, which is one round trip and one transaction;
 * when it rejects, the outcome is unknown, and a repeat with the same key tells.
 */
export interface Ledger {
  authorise(key: string, request: AuthorisationRequest): Promise<Outcome>
  capture(key: string, request: CaptureRequest): Promise<Outcome>
  void(key: string, request: VoidRequest): Promise<Outcome>
  refund(key: string, request: RefundRequest): Promise<Outcome>
  credit(key: string, request: CreditRequest): Promise<Outcome>
  /** The stored operation of a key as JSON text. */
  operation(key: string): Promise<string | undefined>
  /** One page of sums per reference as JSON text. */
  books(page: BooksQuery): Promise<string>
}

/** Creates what is missing in the database. Any number of providers may do so at once. */
export async function prepareSchema(pool: Pool): Promise<void> {
  const files = await Promise.all(['tables.sql', 'answers.sql', 'operations.sql'].map(readBeside))
  const state = hash('sha256', files.join())
  if (await isPrepared(pool, state)) return
  // Sent as one simple query, which is one transaction: the lock is held until all of it is committed.
  await pool.query(['select pg_advisory_xact_lock(8217, 1)', ...files, record(state)].join(';\n'))
}

/** Whether what these files say was the last to be done here: then it need not be done at every start. */
async function isPrepared(pool: Pool, state: string): Promise<boolean> {
  const { rows } = await pool.query(`select to_regclass('provider.prepared') is not null as known`)
  if (rows[0]?.known !== true) return false
  const found = await pool.query('select from provider.prepared where state = $1', [state])
  return found.rowCount === 1
}

/** One row alone: an older provider that ran in between leaves a state of its own. */
function record(state: string): string {
  return `
    create table if not exists provider.prepared (one boolean primary key default true check (one), state text not null);
    insert into provider.prepared (state) values ('${state}') on conflict (one) do update set state = excluded.state`
}

function readBeside(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8')
}

const lookUp = `
  select json_build_object(
    'key', o.key, 'kind', o.kind,
    'status', case when o.http_status < 400 then 'succeeded' else 'refused' end,
    'httpStatus', o.http_status, 'answer', o.answer,
    'state', case
      when a.voided_at is not null then 'voided' when c.id is not null then 'captured'
      when a.id is not null then 'held' end,
    'createdAt', to_char(o.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text as body
  from provider.operation o
  left join provider.authorisation a on a.key = o.key
  left join provider.capture c on c.authorisation_id = a.id
  where o.key = $1`

// A page is a number of references, never cut inside one: a reference used with two currencies has two lines.
const sums = `
  with page as (
    select reference from (
      (select distinct a.reference from provider.authorisation a where a.reference > $1 order by a.reference limit $2)
      union
      (select distinct r.reference from provider.credit r where r.reference > $1 order by r.reference limit $2)
    ) as either order by reference limit $2
  ), card as (
    select a.reference, a.currency, sum(a.amount) as authorised, coalesce(sum(c.amount), 0) as captured,
      coalesce(sum(c.refunded), 0) as refunded,
      coalesce(sum(a.amount) filter (where c.id is null and a.voided_at is null), 0) as held, count(c.id) as captures
    from page join provider.authorisation a using (reference)
    left join provider.capture c on c.authorisation_id = a.id
    group by a.reference, a.currency
  ), given as (
    select r.reference, r.currency, sum(r.amount) as credited, count(*) as credits
    from page join provider.credit r using (reference)
    group by r.reference, r.currency
  ), line as (
    select reference, currency, coalesce(authorised, 0) as authorised, coalesce(captured, 0) as captured,
      coalesce(refunded, 0) as refunded, coalesce(held, 0) as held, coalesce(captures, 0) as captures,
      coalesce(credited, 0) as credited, coalesce(credits, 0) as credits
    from card full join given using (reference, currency)
  )
  select json_build_object(
    'items', coalesce((select json_agg(line order by line.reference, line.currency) from line), '[]'),
    'next', (select max(reference) from page having count(*) = $2))::text as body`

export function createLedger(pool: Pool, now: () => Date): Ledger {
  const write = async (name: string, key: string, request: object, ...more: string[]): Promise<Outcome> => {
    const values = [key, request, now().toISOString(), ...more]
    const places = values.map((_, index) => `$${index + 1}`).join(', ')
    const text = `select * from provider.${name}(${places})`
    return Outcome.parse(await firstRow(pool, { name: `provider_${name}`, text, values }))
  }
  const read = async (name: string, text: string, values: unknown[]): Promise<string | undefined> =>
    Found.optional().parse(await firstRow(pool, { name: `provider_${name}`, text, values }))?.body
  return {
    authorise: (key, request) => {
      const { authorisation, capture, refund } = behaviourOf(request.token)
      return write('authorise', key, request, authorisation, capture, refund)
    },
    capture: (key, request) => write('capture', key, request),
    void: (key, request) => write('void', key, request),
    refund: (key, request) => write('refund', key, request),
    credit: (key, request) => write('credit', key, request, behaviourOf(request.token).credit),
    operation: (key) => read('operation', lookUp, [key]),
    books: async ({ after = '', limit }) => (await read('books', sums, [after, limit])) ?? '',
  }
}
