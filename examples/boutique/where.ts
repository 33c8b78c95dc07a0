import { sql } from 'archipel'

type Condition = ReturnType<typeof sql>

/**
 * The conditions that are there, as a `where`: each form of a question is a statement with a plan of its own. One that says
 * `$1 is null or id < $1` has one plan for all, which reads everything before the place where a page begins.
 */
export function where(...conditions: readonly (Condition | undefined)[]): Condition {
  const [first, ...rest] = conditions.filter((condition) => condition !== undefined)
  if (first === undefined) return sql``
  return sql`where ${rest.reduce((all, condition) => sql`${all} and ${condition}`, first)}`
}

/** A condition on something, where it is given. */
export function given<TValue>(
  value: TValue | null | undefined,
  condition: (value: TValue) => Condition,
): Condition | undefined {
  return value === null || value === undefined ? undefined : condition(value)
}

const LEAST_ID = '00000000-0000-0000-0000-000000000000'
const GREATEST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/**
 * What is of one kind, as a range of an index on kind and id. Put as `kind = $1 order by id`, PostgreSQL may go by the ids
 * alone, which reads everything there is for the few of a rare kind. Order by the kind and the id.
 */
export function ofKind(
  columns: Condition,
  kind: string,
  {
    after = LEAST_ID,
    before = GREATEST_ID,
  }: { readonly after?: string | undefined; readonly before?: string | undefined },
): Condition {
  return sql`(${columns}) > (${kind}, ${after}::uuid) and (${columns}) < (${kind}, ${before}::uuid)`
}
