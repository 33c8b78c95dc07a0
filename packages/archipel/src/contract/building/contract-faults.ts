import { isErrorKind } from '../../errors/index.ts'
import type { JsonSchemaObject } from '../json-schema/json-schema.ts'
import { fieldsOf } from '../json-schema/fields.ts'
import type { ErrorDefinition, EventDefinition, Operation } from '../types.ts'
import { reportAccessFaults } from './access-faults.ts'
import { reportBytesFaults } from './bytes-faults.ts'
import { reportCacheFaults } from './cache-faults.ts'
import { reportEventFaults } from './event-faults.ts'
import type { ContractFault, ReportFault } from './fault.ts'
import { reportHttpFaults, reportRouteClashes } from './http-faults.ts'
import { codeFault, contractNameFault, isSemanticVersion, nameFault } from './names.ts'
import { reportObjectFaults, reportSchemaFaults } from './schema-faults.ts'

const KINDS = ['query', 'command', 'stream', 'upload', 'download']
const UNDECLARABLE = ['internal', 'cancelled', 'method-not-allowed']
const OTHER_NAME = 'Choose another name.'

interface Draft {
  readonly name: string
  readonly version: string
  readonly operations: Readonly<Record<string, Operation>>
  readonly events: Readonly<Record<string, EventDefinition>>
}

/** Everything that a contract promises and can't keep. */
export function contractFaults({ name, version, operations, events }: Draft): readonly ContractFault[] {
  const faults: ContractFault[] = []
  const report: ReportFault = (path, message, advice) => faults.push({ path, message, advice })
  const wrongName = contractNameFault(name)
  if (wrongName !== undefined) report('name', wrongName, OTHER_NAME)
  if (!isSemanticVersion(version))
    report(
      'version',
      `${JSON.stringify(version)} is no semantic version`,
      'Write it as MAJOR.MINOR.PATCH, such as 1.2.0.',
    )
  for (const [key, operation] of Object.entries(operations)) reportOperationFaults(key, operation, report)
  for (const [key, event] of Object.entries(events)) reportEventFaults(key, event, report)
  if (faults.length === 0) reportRouteClashes(operations, report)
  return faults
}

function reportOperationFaults(name: string, operation: Operation, report: ReportFault): void {
  const path = `operations.${name}`
  const wrongName = nameFault(name)
  if (wrongName !== undefined) report(path, wrongName, OTHER_NAME)
  if (!isOperation(operation))
    return report(
      path,
      'it is no operation',
      'Make it with query(…), command(…), stream(…), upload(…) or download(…).',
    )
  const input = reportObjectFaults(operation.input, 'input', `${path}.input`, report)
  const output = reportSchemaFaults(operation.output, 'output', `${path}.output`, report)
  for (const [code, definition] of Object.entries(operation.errors))
    reportErrorFaults(code, definition, `${path}.errors.${code}`, report)
  reportAccessFaults(operation, output, path, report)
  reportHttpFaults(operation, { input, output }, path, report)
  reportCacheFaults(operation, path, report)
  reportBytesFaults(operation, path, report)
  if (operation.paged && input !== undefined && output !== undefined && !isPaged(input, output)) {
    report(
      path,
      'a paged query takes limit and cursor, and gives items and next',
      'Write ...page(Item, { filters }).',
    )
  }
}

function reportErrorFaults(
  code: string,
  definition: ErrorDefinition,
  path: string,
  report: ReportFault,
): void {
  const wrongCode = codeFault(code)
  if (wrongCode !== undefined) report(path, wrongCode, 'Choose another code.')
  if (
    typeof definition !== 'object' ||
    !isErrorKind(definition?.kind) ||
    UNDECLARABLE.includes(definition.kind)
  ) {
    return report(
      path,
      'it is no declared error',
      'Make it with notFound(…), conflict(…), refused(…) and the like.',
    )
  }
  if (definition.details !== undefined) reportObjectFaults(definition.details, 'output', path, report)
}

function isOperation(operation: unknown): operation is Operation {
  return typeof operation === 'object' && operation !== null && KINDS.includes(Reflect.get(operation, 'kind'))
}

function isPaged(input: JsonSchemaObject, output: JsonSchemaObject): boolean {
  const [asked, given] = [fieldsOf(input), fieldsOf(output)]
  return asked.has('limit') && asked.has('cursor') && given.has('items') && given.has('next')
}
