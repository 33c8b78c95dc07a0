// oxlint-disable typescript/no-explicit-any -- wildcards of inference: `any` is the only type that every schema fits, and none leaves as a value.
import type { AnySchema, Schema } from '../types.ts'
import { conditionsOf } from './zod-conditions.ts'
import { definitionOf, internalsOf, type ZodDefinition } from './zod-definition.ts'

/** Given instead of a copy: the shortcut doesn't know, Zod has to say. */
export const ASK_ZOD: unique symbol = Symbol('ask Zod')

export type Shortcut<TValue> = (value: unknown) => TValue | typeof ASK_ZOD

/** Longer code than this isn't compiled well: what comes after it is left to Zod. */
const MOST_LINES = 400

/**
 * Compiles the straight way through an object schema: for a value that fits, the copy that Zod would give, without
 * fields that are undefined. Zod calls several functions and makes two objects for each field; this is twenty times
 * faster, and most values fit. Whatever is unusual about a value or a schema is left to Zod, as are all refusals, so
 * that this must only be right where it says yes.
 *
 * @param askZod validates one part as Zod does: its copy, or {@link ASK_ZOD} when it doesn't fit
 * @returns undefined where there is no such way
 */
export function compileShortcut<TValue>(
  schema: Schema<any, TValue>,
  askZod: (part: AnySchema) => Shortcut<unknown>,
): Shortcut<TValue> | undefined {
  const draft = new Draft(askZod)
  const copy = draft.write(schema, 'value')
  return draft.asksOnlyZod ? undefined : compiled(draft, copy)
}

function compiled(draft: Draft, copy: string): Shortcut<any> | undefined {
  const names = draft.parts.map((_part, index) => partName(index))
  const body = [...draft.lines, `return ${copy}`].join('\n')
  try {
    // Zod generates code for the same reason. All that gets into the text are numbers and names as JSON writes them.
    // oxlint-disable-next-line typescript/no-implied-eval
    const make = new Function('no', ...names, `'use strict'; return (value) => {\n${body}\n}`)
    return make(ASK_ZOD, ...draft.parts)
  } catch (error) {
    // A process can forbid it (--disallow-code-generation-from-strings).
    if (error instanceof EvalError) return undefined
    throw error
  }
}

const partName = (index: number): string => `part${index}`

/** The text of one shortcut as it grows. Each `write` adds the lines that check one part and names its copy. */
class Draft {
  readonly lines: string[] = []
  readonly parts: unknown[] = []
  readonly #askZod: (part: AnySchema) => Shortcut<unknown>
  /** The schemas around the one that is written, so that recursion ends. */
  readonly #around = new Set<unknown>()
  #names = 0
  #written = 0

  constructor(askZod: (part: AnySchema) => Shortcut<unknown>) {
    this.#askZod = askZod
  }

  /** Nothing was written but a call of Zod: then Zod itself is the shorter way. */
  get asksOnlyZod(): boolean {
    return this.#written === 0
  }

  write(schema: AnySchema, source: string): string {
    const name = this.#name()
    this.lines.push(`const ${name} = ${source}`)
    const definition = definitionOf(schema)
    if (definition === undefined || this.#around.has(schema) || this.lines.length > MOST_LINES)
      return this.#leave(schema, name)
    this.#around.add(schema)
    const copy = this.#part(schema, definition, name) ?? this.#leave(schema, name)
    this.#around.delete(schema)
    return copy
  }

  #name(): string {
    return `v${this.#names++}`
  }

  readonly #keep = (part: unknown): string => partName(this.parts.push(part) - 1)

  #require(condition: string): void {
    this.#written++
    this.lines.push(`if (!(${condition})) return no`)
  }

  #leave(schema: AnySchema, name: string): string {
    const copy = this.#name()
    // Where a value can be left out, and whether a default then stands for it, is known to its object alone.
    this.lines.push(`if (${name} === undefined) return no`)
    this.lines.push(`const ${copy} = ${this.#keep(this.#askZod(schema))}(${name})`)
    this.lines.push(`if (${copy} === no || ${copy} === undefined) return no`)
    return copy
  }

  #part(schema: AnySchema, definition: ZodDefinition, name: string): string | undefined {
    if (definition.type === 'object') return this.#object(definition, name)
    if (definition.type === 'nullable') {
      const copy = this.#name()
      this.lines.push(`let ${copy} = null`)
      this.#when(`${name} !== null`, definition['innerType'], name, copy)
      return copy
    }
    const conditions = conditionsOf(schema, definition, name, this.#keep)
    if (conditions === undefined) return undefined
    for (const condition of conditions) this.#require(condition)
    return definition.type === 'array' ? this.#list(definition, name) : name
  }

  #when(condition: string, inner: unknown, name: string, copy: string): void {
    this.lines.push(`if (${condition}) {`)
    this.lines.push(`${copy} = ${this.write(schemaIn(inner), name)}`, '}')
  }

  #list(definition: ZodDefinition, name: string): string {
    const copy = this.#name()
    const index = this.#name()
    this.lines.push(`const ${copy} = []`, `for (let ${index} = 0; ${index} < ${name}.length; ${index}++) {`)
    const item = this.write(schemaIn(definition['element']), `${name}[${index}]`)
    this.lines.push(`${copy}.push(${item})`, '}')
    return copy
  }

  #object(definition: ZodDefinition, name: string): string | undefined {
    const { shape, catchall, checks } = definition
    const isPlain = catchall === undefined && (!Array.isArray(checks) || checks.length === 0)
    if (!isPlain || typeof shape !== 'object' || shape === null) return undefined
    if (Object.hasOwn(shape, '__proto__') || Object.getOwnPropertySymbols(shape).length > 0) return undefined
    this.#require(`typeof ${name} === 'object' && ${name} !== null && !Array.isArray(${name})`)
    const fields = Object.entries(shape).map(([field, inner]: [string, unknown]) => {
      const text = JSON.stringify(field)
      return { text, ...this.#field(schemaIn(inner), `${name}[${text}]`) }
    })
    // Fields that are always there make one object of a known form; the first that can be missing ends that.
    const fixed = fields.findIndex(({ mayMiss }) => mayMiss)
    const [always, others] = fixed < 0 ? [fields, []] : [fields.slice(0, fixed), fields.slice(fixed)]
    const copy = this.#name()
    this.lines.push(`const ${copy} = { ${always.map((field) => `${field.text}: ${field.copy}`).join(', ')} }`)
    for (const field of others)
      this.lines.push(
        `${field.mayMiss ? `if (${field.copy} !== undefined) ` : ''}${copy}[${field.text}] = ${field.copy}`,
      )
    return copy
  }

  #field(schema: AnySchema, source: string): { copy: string; mayMiss: boolean } {
    const definition = definitionOf(schema)
    const isOptional = definition?.type === 'optional' && !isExact(schema)
    if (definition === undefined || (!isOptional && definition.type !== 'default'))
      return { copy: this.write(schema, source), mayMiss: false }
    const [name, copy] = [this.#name(), this.#name()]
    const inner = definition['innerType']
    // A default under an optional fills in what is missing: Zod knows when.
    if (isOptional && internalsOf(inner, 'optin') !== undefined)
      return { copy: this.write(schema, source), mayMiss: false }
    this.lines.push(`const ${name} = ${source}`, `let ${copy}`)
    this.#when(`${name} !== undefined`, inner, name, copy)
    if (isOptional) return { copy, mayMiss: true }
    // Read anew each time, for a default can be a function; one that is an object is Zod's to copy.
    this.lines.push(`else ${copy} = ${this.#keep(definition)}.defaultValue`)
    this.#require(`${copy} !== undefined && (${name} !== undefined || typeof ${copy} !== 'object')`)
    return { copy, mayMiss: false }
  }
}

/** `z.exactOptional()`: may be missing, but not be `undefined`. */
function isExact(schema: AnySchema): boolean {
  const traits = internalsOf(schema, 'traits')
  return !(traits instanceof Set) || traits.has('$ZodExactOptional')
}

/** Zod says what stands at this place of a definition. */
function schemaIn(part: unknown): AnySchema {
  if (typeof part !== 'object' || part === null || !('~standard' in part)) throw new TypeError('not a schema')
  return part as AnySchema
}
