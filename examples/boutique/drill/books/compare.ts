import { z } from 'zod'
import { findings, type Finding, type WholeDatabase } from '../finding.ts'

export interface Comparison {
  readonly what: string
  readonly sort: Finding['sort']
  /** A select of one row for each thing that is looked at. */
  readonly of: string
  /** A select of a sentence as `text` for each thing that is wrong. */
  readonly wrong: string
  /** Of `wrong`. */
  readonly values?: readonly unknown[]
}

/** One comparison of what stands in the tables. */
export async function compare(database: WholeDatabase, comparison: Comparison): Promise<Finding> {
  const { what, sort, of, wrong, values = [] } = comparison
  return {
    what,
    sort,
    checked: await count(database, of),
    wrong: await findings(database, wrong, [...values]),
  }
}

const Count = z.object({ n: z.int() })

async function count(database: WholeDatabase, of: string): Promise<number> {
  const { rows } = await database.query(`select count(*)::int as n from (${of}) as c`, [])
  return Count.parse(rows[0]).n
}
