import { absenceOf, accessAlternatives, ownerFields } from '../access.ts'
import { dereference, type JsonSchemaObject } from '../json-schema/json-schema.ts'
import { fieldsOf, isTextField } from '../json-schema/fields.ts'
import type { Access, Operation } from '../types.ts'
import type { ReportFault } from './fault.ts'

const RULES = "'public', 'internal', roles(…), scope(…), owner(…) or anyOf(…)"

/** Reports a rule that says nothing, contradicts itself, or names a field that isn't there. */
export function reportAccessFaults(
  operation: Operation,
  output: JsonSchemaObject | undefined,
  path: string,
  report: ReportFault,
): void {
  const { access, http, kind } = operation
  if (!isAccess(access)) {
    const message = access === undefined ? 'it says not who may call' : 'it is no rule of access'
    return report(`${path}.access`, message, `Write ${RULES}; there is no default.`)
  }
  const ways = accessAlternatives(access)
  if (ways.length > 1 && ways.some((way) => way.by === 'public')) {
    report(
      `${path}.access`,
      "'public' leaves nothing to the other rules",
      "Write 'public' alone, or leave it out.",
    )
  }
  if (http !== undefined && ways.every((way) => way.by === 'internal')) {
    report(
      `${path}.http`,
      "an operation that is 'internal' is never routable",
      'Leave http out, or say who may call from outside.',
    )
  }
  if (kind === 'query' && output !== undefined) reportOwnerFields(operation, output, path, report)
  reportTellingAbsence(operation, path, report)
}

/** A stranger gets what is thrown for a missing thing, and nobody has details for a stranger. */
function reportTellingAbsence(operation: Operation, path: string, report: ReportFault): void {
  const code = absenceOf(operation)
  if (code === undefined || operation.errors[code]?.details === undefined) return
  report(
    `${path}.errors.${code}`,
    'as the first notFound() beside owner(…) it is what strangers get, so it has no details',
    `Write notFound() for the thing that is owned; if ${code} is about another thing, put that notFound() before it.`,
  )
}

function reportOwnerFields(
  operation: Operation,
  output: JsonSchemaObject,
  path: string,
  report: ReportFault,
): void {
  const item = operation.paged ? itemOf(output) : output
  const fields = item === undefined ? undefined : fieldsOf(output, item)
  for (const name of ownerFields(operation.access)) {
    if (isTextField(output, fields?.get(name))) continue
    const where = operation.paged ? 'every item of the output' : 'the output'
    report(
      `${path}.access`,
      `owner('${name}') needs the field '${name}' in ${where}`,
      `Add '${name}' to it, as a text that is always there.`,
    )
  }
}

function itemOf(output: JsonSchemaObject): JsonSchemaObject | undefined {
  const items = fieldsOf(output).get('items')?.schemas[0]
  const list = items === undefined ? undefined : dereference(output, items)
  return list?.items === undefined ? undefined : dereference(output, list.items)
}

/** Whether a value, which JavaScript may have written, is a rule. */
function isAccess(access: unknown): access is Access {
  if (access === 'public' || access === 'internal') return true
  if (typeof access !== 'object' || access === null || Object.keys(access).length !== 1) return false
  const [[rule, value] = ['', undefined]]: [string, unknown][] = Object.entries(access)
  if (rule === 'scope' || rule === 'owner') return isWord(value)
  if (!Array.isArray(value) || value.length === 0) return false
  return rule === 'roles' ? value.every(isWord) : rule === 'anyOf' && value.every(isAccess)
}

function isWord(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
