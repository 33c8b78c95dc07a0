import { createValidator, jsonSchemaOf, type Operation, type Validator } from '../../contract/index.ts'
import { createInputReader, type InputReader } from '../http/operation-input.ts'
import { createRouter, type Router } from '../http/router.ts'
import { DEFAULT_JSON_LIMITS } from '../http/strict-json.ts'
import type { OperatorOperation } from './operation.ts'

/** Everything about one operation that doesn't depend on the request. */
export interface OperatorRoute {
  readonly name: string
  readonly offer: OperatorOperation
  readonly status: number
  readonly mutates: boolean
  readonly read: InputReader
  readonly validate: Validator<unknown>
}

const LIMITS = { bodyBytes: 1_048_576, json: DEFAULT_JSON_LIMITS }

/** @throws Error for an operation without a route, and for a command that doesn't ask who and why. */
export function operatorRoutes(
  operations: Readonly<Record<string, OperatorOperation>>,
): Router<OperatorRoute> {
  return createRouter(
    Object.entries(operations).map(([name, offer]) => {
      const { operation } = offer
      const mutates = operation.kind === 'command'
      if (operation.http === undefined)
        throw new Error(`the operation '${name}' of the operations door has no HTTP route`)
      if (mutates && !asksWhoAndWhy(operation))
        throw new Error(`the operation '${name}' must ask who and why: make its input with actionInput()`)
      const { method, path, status } = operation.http
      const route: OperatorRoute = {
        name,
        offer,
        status,
        mutates,
        read: createInputReader(operation, LIMITS),
        validate: createValidator(operation.input),
      }
      return { method, template: path, route }
    }),
  )
}

function asksWhoAndWhy({ input }: Operation): boolean {
  const required = jsonSchemaOf(input, 'input').required ?? []
  return required.includes('who') && required.includes('why')
}
