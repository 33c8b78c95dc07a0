import { z } from 'zod'
import type { CallPipeline, Principal } from '../../call/index.ts'
import {
  command,
  describeContract,
  inputInvalid,
  jsonSchemaOf,
  query,
  unknownFields,
  type Contract,
  type Operation,
} from '../../contract/index.ts'
import type { Environment } from '../../environment/index.ts'
import { frameworkError, type JsonObject } from '../../errors/index.ts'
import {
  actionInput,
  operatorAccess,
  operatorOperation,
  type OperatorContext,
  type OperatorOperation,
} from '../../host/index.ts'

export interface CallOperationsOptions {
  readonly environment: Pick<Environment, 'identifiers'>
  readonly application: string
  /** Where the gateway serves the operations. */
  readonly basePath: string | undefined
  readonly contracts: readonly Contract[]
  readonly pipeline: CallPipeline
}

const Json = z.json()
type Json = z.infer<typeof Json>

const Asked = actionInput({
  service: z.string(),
  operation: z.string(),
  input: z.record(z.string(), Json).default({}),
  key: z.string().optional().describe('The idempotency key of a command; a new one where it is left out.'),
  roles: z
    .array(z.string().min(1).max(100))
    .max(20)
    .default([])
    .describe('Roles to act in, beside operator.'),
})

/** What the services of this host offer, and a way to call any of it as an operator. */
export function callOperations(options: CallOperationsOptions): Record<string, OperatorOperation> {
  const { application, basePath = '', contracts } = options
  let described: Json[] | undefined
  const descriptions = (): Json[] =>
    (described ??= contracts.map((contract) => JSON.parse(JSON.stringify(describeContract(contract)))))
  return {
    listContracts: operatorOperation(
      query({
        summary: 'What the services of this host promise, with JSON Schemas',
        http: { route: 'GET /contracts' },
        access: operatorAccess,
        input: z.object({}),
        output: z.object({ application: z.string(), basePath: z.string(), items: z.array(Json) }),
      }),
      () => ({ application, basePath, items: descriptions() }),
    ),
    callOperation: operatorOperation(
      command({
        summary: 'Call an operation as an operator, internal ones too',
        http: { route: 'POST /calls' },
        access: operatorAccess,
        input: Asked,
        output: z.object({ answer: Json }),
      }),
      async (asked, context) => ({ answer: await called(asked, context, options) }),
    ),
  }
}

async function called(
  { service, operation, input, key, roles, who }: z.infer<typeof Asked>,
  { correlationId, signal }: OperatorContext,
  { contracts, pipeline, environment }: CallOperationsOptions,
): Promise<Json> {
  const definition = operationOf(contracts, service, operation)
  refuseUnknownFields(definition, input)
  const principal: Principal = { id: `operator:${who}`, roles: ['operator', ...roles], scopes: [] }
  const metadata = {
    caller: 'operator',
    principal,
    idempotencyKey: key ?? environment.identifiers.next(),
    correlationId,
    traceparent: undefined,
    undoes: undefined,
  }
  const answer = await pipeline.call(
    { service, operation, definition },
    input,
    { pipeline, metadata, bounds: undefined },
    { signal },
  )
  // The callee's contract let nothing pass that isn't JSON.
  return answer as Json
}

function operationOf(contracts: readonly Contract[], service: string, name: string): Operation {
  const contract = contracts.find((each) => each.name === service)
  if (contract === undefined)
    throw frameworkError('ARC_NOT_FOUND', `There is no service '${service}' in this host.`)
  const operation = Object.hasOwn(contract.operations, name) ? contract.operations[name] : undefined
  if (operation === undefined)
    throw frameworkError('ARC_NOT_FOUND', `The service '${service}' has no operation '${name}'.`)
  if (operation.kind === 'query' || operation.kind === 'command') return operation
  throw frameworkError(
    'ARC_ACTION_REFUSED',
    `${service}.${name} is of kind '${operation.kind}': ask for it at the gateway, whose answer flows.`,
  )
}

/** Between services readers are tolerant; a person who mistypes a name wants to know. */
function refuseUnknownFields({ input: schema }: Operation, input: JsonObject): void {
  const unknown = unknownFields(jsonSchemaOf(schema, 'input'))(input)
  if (unknown.length > 0)
    throw inputInvalid(unknown.map((path) => ({ path, message: 'is not a field of this operation' })))
}
