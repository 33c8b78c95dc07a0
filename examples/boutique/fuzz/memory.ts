import type { Dice } from '../drill/random.ts'

/** What answers contained, by the names of their fields: identifiers that exist, so that requests reach deeper than "not found". */
export interface Memory {
  /** Takes in an answer of an operation with this tag. */
  note(tag: string, answer: unknown): void
  /** A value that a field of this name had, best in the same part of the shop. */
  recall(tag: string, field: string): unknown
}

const MOST_VALUES = 200
const DEEPEST = 6

export function createMemory(dice: Dice): Memory {
  const values = new Map<string, unknown[]>()

  function keep(name: string, value: unknown): void {
    const known = values.get(name) ?? []
    values.set(name, known)
    if (known.length < MOST_VALUES) known.push(value)
    else known[dice.between(0, MOST_VALUES - 1)] = value
  }

  function note(tag: string, answer: unknown, depth = 0): void {
    if (depth > DEEPEST || typeof answer !== 'object' || answer === null) return
    for (const [field, value] of Object.entries(answer)) {
      if (typeof value === 'string' || typeof value === 'number') {
        keep(`${tag}.${field}`, value)
        keep(field, value)
        // The `id` of an order is the `orderId` of others.
        if (field === 'id') keep(`${tag.replace(/s$/, '')}Id`, value)
      } else note(tag, value, depth + 1)
    }
  }

  function recall(tag: string, field: string): unknown {
    const known = values.get(`${tag}.${field}`) ?? values.get(field)
    return known === undefined ? undefined : dice.pick(known)
  }

  return { note, recall }
}
