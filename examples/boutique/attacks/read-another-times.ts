import { randomUUID } from 'node:crypto'
import type { Finding } from '../drill/finding.ts'
import { median } from './median.ts'
import type { Household } from './read-another-belongings.ts'
import { knock, type Door } from './read-another-doors.ts'

/** How often an answer's time is taken at full size. */
const ROUNDS = 1_000
const FEWEST_ROUNDS = 40
/** Above this, who measures can tell another's from none. */
const MOST_TIMES_SLOWER = 5

const TIMED: readonly Door[] = [
  { method: 'GET', thing: 'order', path: (id) => `/orders/${id}` },
  { method: 'GET', thing: 'return', path: (id) => `/returns/${id}` },
  { method: 'GET', thing: 'creditNote', path: (id) => `/credit-notes/${id}` },
  { method: 'GET', thing: 'address', path: (id) => `/users/me/addresses/${id}` },
]

/** Another's and none by turns, so that whatever else happens on the machine befalls both. */
export async function times(origin: string, home: Household, scale: number): Promise<Finding> {
  const rounds = Math.max(FEWEST_ROUNDS, Math.ceil(ROUNDS * scale))
  const wrong: string[] = []
  for (const door of TIMED) {
    const taken: { another: number[]; none: number[] } = { another: [], none: [] }
    for (let round = 0; round < rounds; round++)
      for (const which of ['another', 'none'] as const) {
        const began = performance.now()
        await knock(origin, home.stranger, door, which === 'another' ? home.ids[door.thing] : randomUUID())
        taken[which].push(performance.now() - began)
      }
    const [another, none] = [median(taken.another), median(taken.none)]
    console.log(`  ${door.path('{id}')}: another's ${another.toFixed(2)} ms, none ${none.toFixed(2)} ms`)
    if (Math.max(another / none, none / another) > MOST_TIMES_SLOWER)
      wrong.push(`${door.path('{id}')}: another's takes ${another} ms, none ${none} ms`)
  }
  return {
    what: 'times tell nothing: medians are close',
    checked: TIMED.length * rounds * 2,
    wrong,
    sort: 'unbalanced',
  }
}
