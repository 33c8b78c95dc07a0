import { fieldsOf, isTextField } from '../json-schema/fields.ts'
import { dereference, typesOf, type JsonSchema, type JsonSchemaObject } from '../json-schema/json-schema.ts'
import { pathSteps } from '../personal.ts'
import type { EventDefinition } from '../types.ts'
import type { ReportFault } from './fault.ts'
import { nameFault } from './names.ts'
import { reportObjectFaults } from './schema-faults.ts'

const SHORTEST_RETENTION_MS = 1_000

/** Whatever an event promises and can't keep. */
export function reportEventFaults(name: string, event: EventDefinition, report: ReportFault): void {
  const path = `events.${name}`
  const wrongName = nameFault(name)
  if (wrongName !== undefined) report(path, wrongName, 'Choose another name.')
  if (!Number.isSafeInteger(event.version) || event.version < 1)
    report(`${path}.version`, 'it is no version of an event', 'Count 1, 2, 3 ….')
  if (event.retentionMs !== undefined && !(event.retentionMs >= SHORTEST_RETENTION_MS))
    report(
      `${path}.retention`,
      'it is no time that an event could be kept',
      "Write a second or longer, such as '30d', or 'forever'.",
    )
  const data = reportObjectFaults(event.data, 'output', `${path}.data`, report)
  if (data === undefined) return
  if (!isTextField(data, fieldsOf(data).get(event.key))) {
    report(
      `${path}.key`,
      `'${event.key}' is no text that every event has`,
      'Name a field of the data that is a string and never left out.',
    )
  }
  for (const personal of event.personal) reportPersonal(personal, event, data, path, report)
}

function reportPersonal(
  personal: string,
  { key }: EventDefinition,
  data: JsonSchemaObject,
  path: string,
  report: ReportFault,
): void {
  if (personal === key)
    return report(
      `${path}.personal`,
      `'${personal}' is the key, which stands in logs and in lists of operators`,
      'Make an id the key.',
    )
  const lost = whereLost(data, pathSteps(personal))
  if (lost !== undefined) report(`${path}.personal`, `'${personal}' leads nowhere: ${lost.why}`, lost.advice)
}

/** Why a path names no part of the data; undefined when it does. */
function whereLost(
  root: JsonSchemaObject,
  steps: readonly string[],
): { readonly why: string; readonly advice: string } | undefined {
  let parts: readonly JsonSchema[] = [root]
  for (const [index, step] of steps.entries()) {
    const inner = parts.flatMap((part) => innerParts(root, part, step))
    if (inner.length === 0) {
      const place = steps.slice(0, index).join('.').replaceAll('.[]', '[]')
      return { why: `${place || 'the data'} has no '${step}'`, advice: adviceFor(root, parts, place) }
    }
    parts = inner
  }
  return undefined
}

function innerParts(root: JsonSchemaObject, part: JsonSchema, step: string): readonly JsonSchema[] {
  return step === '[]' ? itemsOf(root, part) : (fieldsOf(root, part).get(step)?.schemas ?? [])
}

/** The schemas of the items of a list, whatever alternatives it stands in. */
function itemsOf(root: JsonSchemaObject, part: JsonSchema, depth = 0): readonly JsonSchema[] {
  const schema = dereference(root, part)
  if (depth > 20) return []
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  return [
    ...(schema.items === undefined ? [] : [schema.items]),
    ...(schema.prefixItems ?? []),
    ...alternatives.flatMap((inner) => itemsOf(root, inner, depth + 1)),
  ]
}

function adviceFor(root: JsonSchemaObject, parts: readonly JsonSchema[], place: string): string {
  const names = [...new Set(parts.flatMap((part) => [...fieldsOf(root, part).keys()]))]
  if (names.length > 0) return `Name one of: ${names.join(', ')}.`
  if (parts.some((part) => itemsOf(root, part).length > 0)) return `It is a list: write '${place}[]'.`
  const types = [...new Set(parts.flatMap((part) => typesOf(dereference(root, part))))]
  return `It is ${types.join(' or ') || 'no object'}: end the path there.`
}
