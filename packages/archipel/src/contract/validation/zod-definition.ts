/** What Archipel reads of a Zod schema's definition; of any copy and release of Zod 4, so by shape. */
export interface ZodDefinition {
  readonly type: string
  readonly [part: string]: unknown
}

/** The definition of a Zod schema; undefined for anything else. */
export function definitionOf(schema: unknown): ZodDefinition | undefined {
  const definition = internalsOf(schema, 'def')
  return isDefinition(definition) ? definition : undefined
}

/** A part of what Zod keeps beside a schema's methods. */
export function internalsOf(schema: unknown, name: string): unknown {
  if (typeof schema !== 'object' || schema === null) return undefined
  const internals: unknown = Reflect.get(schema, '_zod')
  return typeof internals === 'object' && internals !== null ? Reflect.get(internals, name) : undefined
}

function isDefinition(value: unknown): value is ZodDefinition {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string'
}
