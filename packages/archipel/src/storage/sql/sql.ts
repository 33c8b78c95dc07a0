import type { SqlStatement } from '../types.ts'

/**
 * A statement that the `sql` tag made. Only such an object is taken as a fragment of another statement: a value
 * that merely looks like one (it may come from a request) stays a parameter.
 */
class TaggedStatement implements SqlStatement {
  readonly #pieces: readonly string[]
  readonly text: string
  readonly values: readonly unknown[]

  constructor(pieces: readonly string[], values: readonly unknown[]) {
    this.#pieces = pieces
    this.text = pieces.reduce((text, piece, index) => `${text}$${index}${piece}`)
    this.values = values
  }

  /** The text between the parameters, of a statement of ours; else `undefined`. */
  static piecesOf(value: unknown): { pieces: readonly string[]; values: readonly unknown[] } | undefined {
    if (typeof value !== 'object' || value === null || !(#pieces in value)) return undefined
    return { pieces: value.#pieces, values: value.values }
  }
}

/**
 * Makes a statement whose inserted values travel as parameters, never as text. A value that is itself an `sql`
 * statement becomes a part of this one, its parameters renumbered; an array is one parameter: `sku = any(${skus})`.
 * @throws TypeError for `undefined`, which is nearly always a mistake: write `null`.
 */
export function sql(template: TemplateStringsArray, ...inserted: readonly unknown[]): SqlStatement {
  const pieces = [template[0] ?? '']
  const values: unknown[] = []
  inserted.forEach((value, index) => {
    const after = template[index + 1] ?? ''
    const fragment = TaggedStatement.piecesOf(value)
    if (fragment === undefined) {
      if (value === undefined)
        throw new TypeError(
          `sql: the value after "…${(template[index] ?? '').slice(-40)}" is undefined; write null`,
        )
      values.push(value)
      pieces.push(after)
      return
    }
    const [first = '', ...rest] = fragment.pieces
    pieces[pieces.length - 1] += first
    pieces.push(...rest)
    values.push(...fragment.values)
    pieces[pieces.length - 1] += after
  })
  return new TaggedStatement(pieces, values)
}
