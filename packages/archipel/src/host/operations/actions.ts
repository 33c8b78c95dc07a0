import { inputInvalid } from '../../contract/index.ts'
import { instant, type Clock } from '../../environment/index.ts'
import type { JsonObject } from '../../errors/index.ts'
import { JSON_TYPE, send, type Exchange } from '../http/answer.ts'
import { redaction, type Log } from '../../telemetry/index.ts'
import type { OperatorAction } from './operation.ts'
import type { OperatorRoute } from './routes.ts'

export interface ActionsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly record: (action: OperatorAction) => Promise<void> | void
}

type AnswerOperation = (
  exchange: Exchange,
  route: OperatorRoute,
  parameters: Readonly<Record<string, string | undefined>>,
) => Promise<void>

function validated(route: OperatorRoute, input: unknown): object {
  const { value, issues } = route.validate(input)
  if (issues !== undefined) throw inputInvalid(issues)
  if (typeof value === 'object' && value !== null) return value
  throw inputInvalid([{ path: '', message: 'the input must be an object' }])
}

/** Who reads the record later may know what was done, not the secrets that it was done with. */
const { fields: withoutSecrets } = redaction()

/** Answers operations; a command is recorded, with who and why, before it is done. */
export function createActions({ clock, log, record }: ActionsOptions): AnswerOperation {
  async function keep(operation: string, input: object, correlationId: string): Promise<void> {
    // The routes refuse a command whose input doesn't have both.
    const { who, why, ...rest }: JsonObject & { who: string; why: string } = JSON.parse(JSON.stringify(input))
    const action = { operation, who, why, input: withoutSecrets(rest), at: instant(clock), correlationId }
    await record(action)
    log.info('an operator acts', { ...action })
  }

  return async (exchange, route, parameters) => {
    const { correlationId, response } = exchange
    const input = validated(route, await route.read(exchange, parameters))
    const controller = new AbortController()
    response.once('close', () => controller.abort())
    if (route.mutates) await keep(route.name, input, correlationId)
    const output = await route.offer.handler(input, { correlationId, signal: controller.signal })
    send(exchange, route.status, JSON_TYPE, JSON.stringify(output ?? {}), ['Cache-Control', 'no-store'])
  }
}
