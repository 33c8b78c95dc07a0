import type { ContractDescription } from '../../contract/index.ts'
import { isJsonObject, type JsonValue } from '../../errors/index.ts'
import type { DoorClient } from './client.ts'

/** The contracts of the services that run, as the door describes them. */
export async function contractsOf(door: DoorClient): Promise<readonly ContractDescription[]> {
  return descriptionsIn((await door.get('/contracts'))['items'])
}

/** The descriptions of contracts in a list; what is none is left out. */
export function descriptionsIn(list: JsonValue | undefined): readonly ContractDescription[] {
  return Array.isArray(list) ? list.filter(isDescription) : []
}

function isDescription(value: unknown): value is ContractDescription {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['name', 'version'].every((name) => typeof Reflect.get(value, name) === 'string') &&
    ['operations', 'events'].every((name) => isJsonObject(Reflect.get(value, name)))
  )
}
