import type { Application } from '../application/index.ts'
import type { Row } from '../storage/index.ts'

type Ask = (text: string, values?: readonly unknown[]) => Promise<Row[]>

/** Fails when an event lies parked: a test that waited for its effect would else look for it in vain. */
export async function refuseParked({ services }: Application, ask: Ask): Promise<void> {
  const subscribers = services.filter(({ definition }) => definition.subscriptions.length > 0)
  const parked = []
  for (const { contract } of subscribers) parked.push(...(await parkedOf(contract.name, ask)))
  if (parked.length === 0) return
  throw new Error(
    [
      `${parked.length} event${parked.length > 1 ? 's were' : ' was'} parked: the handler failed at every attempt.`,
      ...parked.map((line) => `  ${line}`),
      'Mend the handler; a test that means it passes `mayPark: true` to startTestApplication.',
    ].join('\n'),
  )
}

async function parkedOf(service: string, ask: Ask): Promise<string[]> {
  const rows = await ask(
    `select format('%s of %L at %L, %s attempts: %s', event->>'type', key, $1 || '.' || subscription, attempts, error) as told
      from "${service}".archipel_dead_letters where reason = 'failed' order by subscription, position limit 5`,
    [service],
  )
  return rows.map(({ told }) => String(told))
}
