import { ERROR_CATALOGUE, ERROR_KINDS, type FrameworkErrorCode } from '../../errors/index.ts'
import { accessAlternatives } from '../access.ts'
import { jsonSchemaOf, type JsonSchemaObject } from '../json-schema/json-schema.ts'
import type { HttpBinding, Operation } from '../types.ts'
import type { Components } from './components.ts'
import type { OpenApiResponse } from './document.ts'
import { hasRequestBody } from './request.ts'
import { successResponses } from './successes.ts'

/** What every problem document of RFC 9457 has here; `code` decides, and brings its own `details`. */
export const PROBLEM_SCHEMA: JsonSchemaObject = {
  type: 'object',
  description: 'A problem document (RFC 9457).',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What happened, and to what.' },
    instance: { type: 'string', format: 'uri-reference' },
    code: { type: 'string', description: 'Stable and never reused.' },
    kind: { enum: Object.keys(ERROR_KINDS) },
    effect: { enum: ['none', 'unknown', 'done'], description: 'Whether the work happened.' },
    correlationId: { type: 'string' },
    retryAfterMs: { type: 'number' },
    details: { type: 'object' },
  },
}

/** The details of an input that doesn't fit. */
export const ISSUES_SCHEMA: JsonSchemaObject = {
  type: 'object',
  required: ['issues'],
  properties: {
    issues: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
}

const ALWAYS: readonly FrameworkErrorCode[] = [
  'ARC_REQUEST_MALFORMED',
  'ARC_INPUT_INVALID',
  // A token that isn't valid is refused everywhere, also where none is needed.
  'ARC_UNAUTHENTICATED',
  'ARC_LIMITED',
  'ARC_INTERNAL',
  'ARC_UNAVAILABLE',
  'ARC_DATABASE_UNAVAILABLE',
  'ARC_DEADLINE',
]
const WITH_BODY: readonly FrameworkErrorCode[] = [
  'ARC_BODY_MALFORMED',
  'ARC_BODY_TOO_LARGE',
  'ARC_CONTENT_TYPE',
]
const WITH_BYTES: readonly FrameworkErrorCode[] = ['ARC_BODY_TOO_LARGE', 'ARC_CONTENT_TYPE']
const COMMANDS: readonly FrameworkErrorCode[] = ['ARC_KEY_INVALID', 'ARC_KEY_IN_PROGRESS', 'ARC_KEY_REUSED']

/** The codes that the framework itself can answer an operation with. */
function frameworkCodes(operation: Operation, http: HttpBinding): readonly FrameworkErrorCode[] {
  const codes = [...ALWAYS]
  const { kind } = operation
  if (kind === 'upload') codes.push(...WITH_BYTES)
  else if (hasRequestBody(operation, http)) codes.push(...WITH_BODY)
  if (kind === 'command' || kind === 'upload') codes.push(...COMMANDS)
  const ways = accessAlternatives(operation.access)
  if (!ways.some((way) => way.by === 'public')) codes.push('ARC_FORBIDDEN')
  if (ways.some((way) => way.by === 'owner')) codes.push('ARC_NOT_FOUND')
  return codes
}

/** Every answer of an operation: its success, and its errors grouped by status. */
export function describeResponses(
  id: string,
  operation: Operation,
  http: HttpBinding,
  components: Components,
): Readonly<Record<string, OpenApiResponse>> {
  const groups = new Map<number, JsonSchemaObject[]>()
  const plain = new Map<number, string[]>()
  for (const code of frameworkCodes(operation, http)) {
    const status = ERROR_KINDS[ERROR_CATALOGUE[code].kind].http
    if (code === 'ARC_INPUT_INVALID')
      append(groups, status, problemOfCode(code, { $ref: '#/components/schemas/InputIssues' }))
    else append(plain, status, code)
  }
  for (const [code, { kind, details }] of Object.entries(operation.errors)) {
    const status = ERROR_KINDS[kind].http
    if (details === undefined) append(plain, status, code)
    else
      append(
        groups,
        status,
        problemOfCode(code, components.add(`${id}${pascal(code)}`, jsonSchemaOf(details, 'output'))),
      )
  }
  for (const [status, codes] of plain) append(groups, status, { properties: { code: { enum: codes } } })
  const errors = [...groups]
    .sort(([a], [b]) => a - b)
    .map(([status, cases]) => [String(status), problemResponse(status, cases)] as const)
  return { ...successResponses(id, operation, http, components), ...Object.fromEntries(errors) }
}

function append<TItem>(lists: Map<number, TItem[]>, status: number, item: TItem): void {
  const list = lists.get(status)
  if (list === undefined) lists.set(status, [item])
  else list.push(item)
}

function problemOfCode(code: string, details: JsonSchemaObject): JsonSchemaObject {
  return { required: ['details'], properties: { code: { const: code }, details } }
}

function problemResponse(status: number, cases: readonly JsonSchemaObject[]): OpenApiResponse {
  const kind = Object.values(ERROR_KINDS).find(({ http }) => http === status)
  const [only] = cases
  const narrowing = cases.length === 1 && only !== undefined ? only : { anyOf: cases }
  const schema = { allOf: [{ $ref: '#/components/schemas/Problem' }, narrowing] }
  const retryable = status === 409 || status === 429 || status === 503
  const headers = {
    'Retry-After': { description: 'Seconds to wait before asking again.', schema: { type: 'integer' } },
  }
  return {
    description: kind?.title ?? 'Error',
    ...(retryable && { headers }),
    content: { 'application/problem+json': { schema } },
  }
}

function pascal(code: string): string {
  return code
    .split('_')
    .map((word) => word.slice(0, 1) + word.slice(1).toLowerCase())
    .join('')
}
