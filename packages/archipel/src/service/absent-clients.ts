import type { Uses } from '../saga/index.ts'
import { frameworkError } from '../errors/index.ts'

/** What stands where a command would call another service: the compiler shows it to who tries. */
type NoClient<TName> = TName extends string
  ? `no network inside a transaction: read before it, { prepare: (input, { ${TName} }) => ${TName}.… } before the handler, or start a saga`
  : never

/** The same in the handler of an event, which nothing comes before. */
type NoClientOfEvent =
  'no network inside a transaction: take what is needed from the event, or start a saga or an activity'

export type AbsentClients<TUses extends Uses> = { readonly [TName in keyof TUses]: NoClient<TName> }
export type AbsentClientsOfEvents<TUses extends Uses> = { readonly [TName in keyof TUses]: NoClientOfEvent }

/** What stands there when it runs, for who came past the types. */
export interface Absent {
  readonly inCommands: object
  readonly ofEvents: object
}

export function absentClients(service: string, uses: Uses): Absent {
  const each = (adviceFor: (name: string) => string): object =>
    Object.fromEntries(Object.keys(uses).map((name) => [name, refusing(service, name, adviceFor(name))]))
  return {
    inCommands: each(
      (name) =>
        `read before it, { prepare: (input, { ${name} }) => ${name}.… } before the handler, which gets it as its third argument; or start a saga`,
    ),
    ofEvents: each(() => 'take what is needed from the event, or start a saga or an activity'),
  }
}

function refusing(service: string, name: string, advice: string): object {
  return new Proxy(
    {},
    {
      get(_target, property) {
        // Whoever looks at a context, as a logger does, calls nobody.
        if (typeof property === 'symbol' || property === 'then' || property === 'toJSON') return undefined
        throw frameworkError(
          'ARC_APPLICATION_INVALID',
          `A handler of ${service} called ${name}.${property} in its transaction, where there is no network: ${advice}.`,
        )
      },
    },
  )
}
