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
