import { readsQueryString, templateFields } from '../http-binding.ts'
import {
  jsonSchemaOf,
  mapSchema,
  type JsonSchema,
  type JsonSchemaObject,
} from '../json-schema/json-schema.ts'
import { fieldsOf } from '../json-schema/fields.ts'
import type { HttpBinding, Operation, OperationKind } from '../types.ts'
import type { Components } from './components.ts'
import type { OpenApiOperation, OpenApiParameter } from './document.ts'

const IDEMPOTENCY_KEY: OpenApiParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Best a UUID. The same key gives the same answer, once; repeat a request only with its key.',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
}
const LAST_EVENT_ID: OpenApiParameter = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description: 'The id of the last item that was read: the stream goes on after it.',
  schema: { type: 'string' },
}

const IF_NONE_MATCH: OpenApiParameter = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  description:
    'The `ETag` of an answer that is at hand: as long as it is the present one, the answer is 304.',
  schema: { type: 'string' },
}
const RANGE: OpenApiParameter = {
  name: 'Range',
  in: 'header',
  required: false,
  description: 'One range of bytes, such as `bytes=0-1023`; several at once are answered with the whole.',
  schema: { type: 'string' },
}
const IF_RANGE: OpenApiParameter = {
  name: 'If-Range',
  in: 'header',
  required: false,
  description: 'The `ETag` that the range is a part of: when it is another by now, the whole comes.',
  schema: { type: 'string' },
}

/** The headers that an operation reads beside its fields. */
function headerParameters({ kind, cache }: Operation): readonly OpenApiParameter[] {
  if (kind === 'command' || kind === 'upload') return [IDEMPOTENCY_KEY]
  if (kind === 'stream') return [LAST_EVENT_ID]
  if (kind === 'download') return [IF_NONE_MATCH, RANGE, IF_RANGE]
  return cache === undefined ? [] : [IF_NONE_MATCH]
}

/** Parameters and body of one request. */
export function describeRequest(
  id: string,
  operation: Operation,
  http: HttpBinding,
  components: Components,
): Pick<OpenApiOperation, 'parameters' | 'requestBody'> {
  const input = jsonSchemaOf(operation.input, 'input')
  const inPath = templateFields(http.path)
  const parameters = [
    ...fieldParameters(id, input, operation.kind, http, components),
    ...headerParameters(operation),
  ]
  if (operation.kind === 'upload') return { parameters, requestBody: bytesBody(operation) }
  if (!hasRequestBody(operation, http)) return { parameters }
  const body = namedForInput(closed(withoutFields(input, new Set(inPath))))
  const required = [...fieldsOf(input)].some(([name, field]) => field.required && !inPath.includes(name))
  return {
    parameters,
    requestBody: {
      required,
      content: { 'application/json': { schema: components.add(`${id}Input`, body) } },
    },
  }
}

/** Bytes have no schema; how many they may be stands beside it. */
function bytesBody({ bytes }: Operation): NonNullable<OpenApiOperation['requestBody']> {
  const body = { schema: {}, 'x-archipel-max-bytes': bytes?.maxBytes ?? 0 }
  return {
    required: true,
    content: Object.fromEntries((bytes?.contentTypes ?? []).map((type) => [type, body])),
  }
}

/** Whether anything of the request travels in a body. */
export function hasRequestBody(operation: Operation, http: HttpBinding): boolean {
  if (operation.kind === 'upload') return true
  if (http.method === 'GET' || http.method === 'DELETE') return false
  const inPath = templateFields(http.path)
  return [...fieldsOf(jsonSchemaOf(operation.input, 'input')).keys()].some((name) => !inPath.includes(name))
}

function fieldParameters(
  id: string,
  input: JsonSchemaObject,
  kind: OperationKind,
  http: HttpBinding,
  components: Components,
): readonly OpenApiParameter[] {
  const fields = fieldsOf(input)
  const inPath = templateFields(http.path)
  const inQuery = readsQueryString(kind, http)
    ? [...fields.keys()].filter((name) => !inPath.includes(name))
    : []
  const parameter = (name: string, place: 'path' | 'query'): OpenApiParameter => {
    const parts = (fields.get(name)?.schemas ?? []).map((part) => components.embed(id, input, part))
    const schema: JsonSchema = parts.length === 1 ? (parts[0] ?? true) : { anyOf: parts }
    return { name, in: place, required: place === 'path' || (fields.get(name)?.required ?? false), schema }
  }
  return [
    ...inPath.map((name) => parameter(name, 'path')),
    ...inQuery.map((name) => parameter(name, 'query')),
  ]
}

/** The schema without some fields at its outermost level, wherever in a union or intersection they stand. */
function withoutFields(schema: JsonSchemaObject, names: ReadonlySet<string>): JsonSchemaObject {
  if (names.size === 0) return schema
  const cut = (part: JsonSchema): JsonSchema =>
    typeof part === 'boolean' ? part : withoutFields(part, names)
  const copy: Record<string, unknown> = { ...schema }
  if (schema.properties !== undefined)
    copy['properties'] = Object.fromEntries(
      Object.entries(schema.properties).filter(([name]) => !names.has(name)),
    )
  if (schema.required !== undefined) copy['required'] = schema.required.filter((name) => !names.has(name))
  for (const keyword of ['anyOf', 'oneOf', 'allOf'] as const)
    if (schema[keyword] !== undefined) copy[keyword] = schema[keyword].map(cut)
  return copy
}

/** The door refuses unknown fields: an object that names its fields is closed, unless it is only a part of one. */
function closed(schema: JsonSchemaObject): JsonSchemaObject {
  return mapSchema(schema, (part) => {
    if (part.allOf !== undefined) return { ...part, allOf: part.allOf.map(opened) }
    const whole =
      part.properties !== undefined &&
      part.additionalProperties === undefined &&
      part.anyOf === undefined &&
      part.oneOf === undefined
    return whole ? { ...part, additionalProperties: false } : part
  })
}

/** Definitions with objects in them are closed here and open in answers: two schemas, so two names. */
function namedForInput(schema: JsonSchemaObject): JsonSchemaObject {
  const renamed = new Map<string, string>()
  for (const [name, definition] of Object.entries(schema.$defs ?? {})) {
    if (/"(?:\$ref|properties)":/.test(JSON.stringify(definition)))
      renamed.set(`#/$defs/${name}`, `${name}Input`)
  }
  const changed = mapSchema(schema, (part) => {
    const name = part.$ref === undefined ? undefined : renamed.get(part.$ref)
    return name === undefined ? part : { ...part, $ref: `#/$defs/${name}` }
  })
  const definitions = Object.entries(changed.$defs ?? {}).map(
    ([name, part]) => [renamed.get(`#/$defs/${name}`) ?? name, part] as const,
  )
  return definitions.length === 0 ? changed : { ...changed, $defs: Object.fromEntries(definitions) }
}

function opened(part: JsonSchema): JsonSchema {
  if (typeof part === 'boolean' || part.additionalProperties !== false) return part
  const { additionalProperties: _, ...open } = part
  return open
}
