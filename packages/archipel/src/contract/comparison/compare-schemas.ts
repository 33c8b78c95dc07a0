import { jsonSchemaOf } from '../json-schema/json-schema.ts'
import type { AnySchema } from '../types.ts'
import type { ChangeDirection, Changes } from './changes.ts'
import { schemaChanges } from './schema-changes.ts'

/** What older callers send must be taken by the newer callee: it may only get wider. */
export function compareSent(older: AnySchema, newer: AnySchema, path: string, changes: Changes): void {
  const [before, after] = [jsonSchemaOf(older, 'input'), jsonSchemaOf(newer, 'input')]
  for (const { path: place, extent, change } of schemaChanges(before, after, path)) {
    if (extent === 'wider' || extent === 'none') changes.compatible(place, 'input', change)
    else
      changes.breaking(
        place,
        'input',
        change,
        'Callers still send the old form: take both, with an optional field or a default, or add an operation.',
      )
  }
}

/** What the newer side writes must be read by older readers: it may only get narrower. */
export function compareRead(
  older: AnySchema,
  newer: AnySchema,
  path: string,
  direction: ChangeDirection,
  changes: Changes,
): void {
  const [before, after] = [jsonSchemaOf(older, 'output'), jsonSchemaOf(newer, 'output')]
  for (const { path: place, extent, change } of schemaChanges(before, after, path)) {
    if (extent === 'narrower' || extent === 'none') changes.compatible(place, direction, change)
    else
      changes.breaking(
        place,
        direction,
        change,
        'Readers expect the old form: keep it, and say the new in a new field, operation or event version.',
      )
  }
}
