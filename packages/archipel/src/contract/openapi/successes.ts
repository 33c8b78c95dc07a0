import { jsonSchemaOf } from '../json-schema/json-schema.ts'
import type { HttpBinding, Operation } from '../types.ts'
import type { Components } from './components.ts'
import type { OpenApiResponse } from './document.ts'

type Responses = Readonly<Record<string, OpenApiResponse>>

const ETAG = { description: 'Names this very answer.', schema: { type: 'string' } } as const
const CACHE_CONTROL = { description: 'Who may keep it, and how long.', schema: { type: 'string' } } as const
const NOT_MODIFIED: OpenApiResponse = {
  description: 'It is still the answer that `If-None-Match` names',
  headers: { ETag: ETAG, 'Cache-Control': CACHE_CONTROL },
}

/** The answers of an operation that has done what it was asked for. */
export function successResponses(
  id: string,
  operation: Operation,
  http: HttpBinding,
  components: Components,
): Responses {
  if (operation.kind === 'download') return bytesResponses(operation)
  const schema = components.add(
    `${id}${operation.kind === 'stream' ? 'Item' : 'Output'}`,
    jsonSchemaOf(operation.output, 'output'),
  )
  if (operation.kind === 'stream') {
    const events = {
      schema: { type: 'string', description: 'Server-sent events; `data` of each is one item as JSON.' },
      'x-archipel-item': schema,
    }
    return {
      '200': { description: 'The items, as they come', content: { 'text/event-stream': events } },
      '204': { description: 'The stream has ended, and nothing comes after `Last-Event-ID`' },
    }
  }
  const headers = headersOf(operation, http)
  return {
    [http.status]: {
      description: http.status === 202 ? 'Accepted; it goes on' : http.status === 201 ? 'Created' : 'Done',
      ...(Object.keys(headers).length > 0 && { headers }),
      content: { 'application/json': { schema } },
    },
    ...(operation.cache !== undefined && { '304': NOT_MODIFIED }),
  }
}

function headersOf({ cache }: Operation, { location }: HttpBinding): NonNullable<OpenApiResponse['headers']> {
  return {
    ...(location !== undefined && {
      Location: {
        description: `Where the result is: ${location}`,
        schema: { type: 'string', format: 'uri-reference' },
      },
    }),
    ...(cache !== undefined && { ETag: ETAG, 'Cache-Control': CACHE_CONTROL }),
  }
}

function bytesResponses({ bytes }: Operation): Responses {
  const content = Object.fromEntries((bytes?.contentTypes ?? []).map((type) => [type, { schema: {} }]))
  const headers = {
    ETag: ETAG,
    'Cache-Control': CACHE_CONTROL,
    'Accept-Ranges': { description: '`bytes` where a part can be asked for.', schema: { type: 'string' } },
  } as const
  const range = {
    'Content-Range': { description: 'Which bytes of how many these are.', schema: { type: 'string' } },
  } as const
  return {
    '200': { description: 'The whole', headers, content },
    '206': { description: 'The part that `Range` asks for', headers: { ...headers, ...range }, content },
    '304': NOT_MODIFIED,
    '416': {
      description: 'The range begins behind the end',
      headers: range,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  }
}
