import { isPathTemplate, pathShape, readsQueryString, templateFields } from '../http-binding.ts'
import type { JsonSchemaObject } from '../json-schema/json-schema.ts'
import { fieldsOf, type Field, type Fields } from '../json-schema/fields.ts'
import type { HttpBinding, Operation, OperationKind } from '../types.ts'
import { textForm } from '../validation/coerce-text.ts'
import type { ReportFault } from './fault.ts'

const METHODS: Readonly<Record<OperationKind, readonly string[]>> = {
  query: ['GET', 'POST'],
  command: ['POST', 'PUT', 'PATCH', 'DELETE'],
  stream: ['GET'],
  upload: ['POST', 'PUT'],
  download: ['GET'],
}
const TEXT_TYPES = new Set(['string', 'number', 'integer', 'boolean'])

/** The two shapes of an operation, as far as they are sound. */
export interface OperationShapes {
  readonly input: JsonSchemaObject | undefined
  readonly output: JsonSchemaObject | undefined
}

/** Reports a binding that can't be served: its route, its parameters, its `Location`. */
export function reportHttpFaults(
  operation: Operation,
  shapes: OperationShapes,
  path: string,
  report: ReportFault,
): void {
  const { http, kind } = operation
  if (http === undefined) return
  if (!METHODS[kind].includes(http.method)) {
    report(
      `${path}.http.route`,
      `a ${kind} is no ${JSON.stringify(http.method)}`,
      `Use ${METHODS[kind].join(' or ')}.`,
    )
  }
  if (!isPathTemplate(http.path)) {
    report(
      `${path}.http.route`,
      `${JSON.stringify(http.path)} is no path`,
      'Write it as METHOD /segment/{field}: plain segments, each a word or one field in braces.',
    )
    return
  }
  if (![200, 201, 202].includes(http.status))
    report(
      `${path}.http.status`,
      `${http.status} is no status of success with an answer`,
      'Use 200, 201 or 202.',
    )
  if (shapes.input !== undefined) reportParameters(operation, http, shapes.input, path, report)
  if (shapes.output !== undefined) reportLocation(http, shapes.output, path, report)
}

function reportParameters(
  { kind }: Operation,
  http: HttpBinding,
  input: JsonSchemaObject,
  path: string,
  report: ReportFault,
): void {
  const fields = fieldsOf(input)
  const inPath = templateFields(http.path)
  for (const [index, name] of inPath.entries()) {
    const field = fields.get(name)
    if (inPath.indexOf(name) !== index)
      report(`${path}.http.route`, `{${name}} stands in it twice`, 'Name each parameter once.')
    if (field === undefined)
      report(
        `${path}.http.route`,
        `{${name}} is no field of the input`,
        `Add '${name}' to the input, or take it out of the path.`,
      )
    else if (!field.required || !isPathText(field, input)) {
      report(
        `${path}.input.${name}`,
        'a field in the path is a text, number or boolean that is always there',
        'Make it one, or take it out of the path.',
      )
    }
  }
  for (const [name, field] of fields) {
    if (inPath.includes(name)) continue
    if (http.method === 'DELETE')
      report(`${path}.input.${name}`, 'a DELETE has no body', `Put {${name}} in the path, or use POST.`)
    if (readsQueryString(kind, http) && !isQueryText(field, input)) {
      report(
        `${path}.input.${name}`,
        "it can't be written in a query string",
        kind === 'query'
          ? 'Use texts, numbers, booleans or lists of them (no null), or make the query a POST.'
          : 'Use texts, numbers, booleans or lists of them (no null).',
      )
    }
  }
}

function isPathText(field: Field, root: JsonSchemaObject): boolean {
  return isQueryText(field, root) && field.schemas.every((part) => textForm(part, root).items === undefined)
}

function isQueryText(field: Field, root: JsonSchemaObject): boolean {
  return field.schemas.every((part) => {
    const { scalars, items } = textForm(part, root)
    return [...scalars, ...(items ?? [])].every((type) => TEXT_TYPES.has(type))
  })
}

function reportLocation(
  http: HttpBinding,
  output: JsonSchemaObject,
  path: string,
  report: ReportFault,
): void {
  if (http.location === undefined) return
  const fields: Fields = fieldsOf(output)
  for (const name of templateFields(http.location)) {
    const field = fields.get(name)
    if (field?.required === true && isPathText(field, output)) continue
    report(
      `${path}.http.location`,
      `{${name}} is no text that the output always has`,
      `Add '${name}' to the output, or name a field that is there.`,
    )
  }
}

/** Reports two operations that a request can't tell apart, or one path whose parameters have two names. */
export function reportRouteClashes(
  operations: Readonly<Record<string, Operation>>,
  report: ReportFault,
): void {
  const routes = new Map<string, string>()
  const templates = new Map<string, string>()
  for (const [name, { http }] of Object.entries(operations)) {
    if (http === undefined) continue
    const path = `operations.${name}.http.route`
    const shape = pathShape(http.path)
    const twin = routes.get(`${http.method} ${shape}`)
    if (twin !== undefined)
      report(path, `'${twin}' has the same route`, 'Give one of them another path or method.')
    const template = templates.get(shape)
    if (template !== undefined && template !== http.path)
      report(path, `another operation writes this path as ${template}`, 'Use one name for one parameter.')
    routes.set(`${http.method} ${shape}`, twin ?? name)
    templates.set(shape, template ?? http.path)
  }
}
