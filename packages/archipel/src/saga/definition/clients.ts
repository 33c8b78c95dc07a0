import type { Contract } from '../../contract/index.ts'
import type { StepCall } from '../types.ts'
import type { SagaClients, Uses } from './types.ts'

/** Clients that build calls and send nothing: one function for each command of each contract. */
export function sagaClients<TUses extends Uses>(uses: TUses): SagaClients<TUses> {
  const clients = Object.fromEntries(
    Object.entries(uses).map(([name, contract]) => [name, commandsOf(contract)]),
  )
  return Object.freeze(clients) as SagaClients<TUses>
}

function commandsOf(contract: Contract): Readonly<Record<string, (input: unknown) => StepCall>> {
  const commands = Object.entries(contract.operations).filter(([, operation]) => operation.kind === 'command')
  return Object.freeze(
    Object.fromEntries(
      commands.map(([operation]) => [
        operation,
        (input: unknown): StepCall => ({
          service: contract.name,
          operation,
          contractVersion: contract.version,
          input,
        }),
      ]),
    ),
  )
}
