import { createBoutique } from '../../application.ts'
import { createMailBeside } from '../../shop.ts'

interface Arrow {
  readonly from: string
  readonly to: string
  readonly line: '-->' | '==>' | '-.->'
  /** What goes along it. */
  readonly what?: string
}

/** The shop as a mermaid flowchart, drawn from what its services declare. */
export function drawMap(): string {
  const { services } = createBoutique({ provider, mail: createMailBeside().sender })
  const arrows = services.flatMap(({ contract: { name }, definition }): Arrow[] => [
    ...Object.values(definition.uses).map((used): Arrow => ({ from: name, to: used.name, line: '-->' })),
    ...definition.activities.flatMap((activity) => [
      ...Object.values(activity.uses).map((used): Arrow => ({ from: name, to: used.name, line: '-->' })),
      ...Object.keys(activity.effects).map((outside): Arrow => ({
        from: name,
        to: outside,
        line: '-->',
        what: activity.name,
      })),
    ]),
    ...definition.sagas.flatMap((saga) =>
      Object.values(saga.uses).map((used): Arrow => ({
        from: name,
        to: used.name,
        line: '==>',
        what: saga.name,
      })),
    ),
    ...definition.subscriptions.flatMap(({ events }) =>
      events.map((event): Arrow => ({
        from: event.publisher,
        to: name,
        line: '-.->',
        what: event.type.replace(/^.+?\.(.+)\.v\d+$/, '$1'),
      })),
    ),
  ])
  return [
    'flowchart LR',
    ...services.map(({ contract }) => `  ${contract.name}`),
    '  provider[(card processor)]',
    '  mail[(mail server)]',
    ...drawn(arrows.filter(({ from, to }) => from !== to)),
  ].join('\n')
}

/** One arrow from one to another for all of its kind. */
function drawn(arrows: readonly Arrow[]): string[] {
  const labels = new Map<string, Set<string>>()
  for (const { from, to, line, what } of arrows) {
    const ends = `  ${from} ${line}${what === undefined ? '' : '|…|'} ${to}`
    const label = labels.get(ends) ?? new Set()
    labels.set(ends, label.add(what ?? ''))
  }
  return [...labels].map(([ends, label]) => ends.replace('…', [...label].join('<br>')))
}

const provider = {
  authorise: unused,
  capture: unused,
  void: unused,
  refund: unused,
  credit: unused,
}

function unused(): never {
  throw new Error('nothing is called while a map is drawn')
}
