import {
  coerceText,
  inputInvalid,
  jsonSchemaOf,
  unknownFields,
  validateInput,
  type Issue,
  type Operation,
  type TextFields,
} from '../../contract/index.ts'
import { frameworkError, isJsonObject } from '../../errors/index.ts'
import type { Exchange } from './answer.ts'
import { hasBody, readBody } from './body.ts'
import { parseStrictJson, type JsonLimits } from './strict-json.ts'
import { parseQuery } from './target.ts'

export interface InputLimits {
  readonly bodyBytes: number
  readonly json: JsonLimits
}

type Parameters = Readonly<Record<string, string | undefined>>
type Input = Record<string, unknown>

/** Reads the input of one operation from a request; fields that the contract doesn't name are refused. */
export type InputReader = (exchange: Exchange, parameters: Parameters) => Promise<Input> | Input

const JSON_CONTENT = /^application\/json(?: ?; ?charset=(?:utf-8|"utf-8"))?$/i

function refuseFields(names: readonly string[], message: string): void {
  if (names.length > 0) throw inputInvalid(names.map((path): Issue => ({ path, message })))
}

/** A field that nobody knows doesn't hide what else is wrong: all of it is told at once. */
function refuseUnknown(
  { input: schema }: Operation,
  input: Input,
  names: readonly string[],
  message: string,
): void {
  if (names.length === 0) return
  const others = validateInput(schema, input).issues ?? []
  throw inputInvalid([...names.map((path): Issue => ({ path, message })), ...others])
}

async function readJsonBody(exchange: Exchange, limits: InputLimits): Promise<Input> {
  const { headers, request, response } = exchange
  if (!hasBody(headers)) return {}
  if (headers.contentType === undefined || !JSON_CONTENT.test(headers.contentType)) {
    throw frameworkError(
      'ARC_CONTENT_TYPE',
      `the body must come as application/json, not as ${headers.contentType ?? 'something without a content type'}`,
    )
  }
  const body = readBody(request, headers, limits.bodyBytes)
  if (headers.expect !== undefined && Number(headers.contentLength ?? 0) <= limits.bodyBytes)
    response.writeContinue()
  const value = parseStrictJson(await body, limits.json)
  if (!isJsonObject(value)) throw inputInvalid([{ path: '', message: 'the body must be a JSON object' }])
  return value
}

interface CompiledInput {
  readonly coerce: (fields: TextFields) => Input
  readonly unknown: (input: Input) => readonly string[]
}

function compileInput({ input }: Operation): CompiledInput {
  const schema = jsonSchemaOf(input, 'input')
  return { coerce: coerceText(schema), unknown: unknownFields(schema) }
}

/** The reading of an operation, compiled when it is first called: path parameters from the template, the rest of a GET or an upload from the query, else from the body. */
export function createInputReader(operation: Operation, limits: InputLimits): InputReader {
  let compiled: CompiledInput | undefined
  const inputOf = () => (compiled ??= compileInput(operation))
  const bodyIsBytes = operation.kind === 'upload'

  function fromText(exchange: Exchange, parameters: Parameters): Input {
    const query = parseQuery(exchange.target.query)
    if (query === undefined) throw frameworkError('ARC_REQUEST_MALFORMED', 'the query string can not be read')
    if (!bodyIsBytes && hasBody(exchange.headers))
      throw frameworkError('ARC_REQUEST_MALFORMED', 'this request takes no body')
    const fields: Record<string, string | string[]> = Object.create(null)
    for (const [name, value] of query) fields[name] = value
    refuseFields(
      Object.keys(parameters).filter((name) => query.has(name)),
      'comes from the path, not from the query string',
    )
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) fields[name] = value
    const { coerce, unknown } = inputOf()
    const input = coerce(fields)
    refuseUnknown(operation, input, unknown(input), 'is not a parameter of this operation')
    return input
  }

  async function fromBody(exchange: Exchange, parameters: Parameters): Promise<Input> {
    const query = parseQuery(exchange.target.query)
    if (query === undefined) throw frameworkError('ARC_REQUEST_MALFORMED', 'the query string can not be read')
    if (query.size > 0) refuseFields([...query.keys()], 'belongs into the body, not into the query string')
    const { coerce, unknown } = inputOf()
    const input = await readJsonBody(exchange, limits)
    const names = Object.keys(parameters)
    refuseFields(
      names.filter((name) => Object.hasOwn(input, name)),
      'comes from the path, not from the body',
    )
    const given: Record<string, string> = Object.create(null)
    for (const name of names) given[name] = parameters[name] ?? ''
    const whole = names.length === 0 ? input : Object.assign(input, coerce(given))
    refuseUnknown(operation, whole, unknown(whole), 'is not a field of this operation')
    return whole
  }

  return bodyIsBytes || operation.http?.method === 'GET' ? fromText : fromBody
}
