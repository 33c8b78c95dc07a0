import { mapSchema, type JsonSchemaObject } from '../json-schema/json-schema.ts'

/** Whether a value of the schema can have a field that is left out, and so one that is `undefined` in JavaScript. */
export function mayLeaveOut(schema: JsonSchemaObject): boolean {
  let found = false
  mapSchema(schema, (part) => {
    const required = part.required ?? []
    if (Object.keys(part.properties ?? {}).some((name) => !required.includes(name))) found = true
    return part
  })
  return found
}

/**
 * Removes, in place, the fields that are `undefined`: JSON has no such thing, so a call inside one host must not
 * show its reader a field that a call over the wire would not.
 */
export function dropUndefined(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value) dropUndefined(item)
    return
  }
  for (const name of Object.keys(value)) {
    const member: unknown = Reflect.get(value, name)
    if (member === undefined) Reflect.deleteProperty(value, name)
    else if (typeof member === 'object') dropUndefined(member)
  }
}
