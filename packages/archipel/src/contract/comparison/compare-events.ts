import type { Contract, PublishedEventType } from '../types.ts'
import type { Changes } from './changes.ts'
import { compareRead } from './compare-schemas.ts'

/** Events are known by their type: name and version. */
export function compareEvents(older: Contract, newer: Contract, changes: Changes): void {
  for (const event of Object.values(older.events)) {
    const same = Object.values(newer.events).find(
      ({ name, version }) => name === event.name && version === event.version,
    )
    if (same === undefined) reportGone(event, newer.events[event.name], changes)
    else compareEvent(event, same, changes)
  }
  for (const { name, type } of Object.values(newer.events)) {
    if (older.events[name] === undefined) changes.compatible(`events.${name}`, 'event', `${type} is new`)
  }
}

/** @param next what is published under the name now. */
function reportGone(event: PublishedEventType, next: PublishedEventType | undefined, changes: Changes): void {
  const path = `events.${event.name}`
  if (next === undefined)
    changes.breaking(
      path,
      'event',
      `${event.type} is no longer published`,
      'Publish it until no subscription takes it.',
    )
  else if (next.version < event.version)
    changes.breaking(
      `${path}.version`,
      'event',
      `it was ${event.version}, is ${next.version}`,
      'Versions only rise, and none is used twice.',
    )
  else
    changes.breaking(
      `${path}.version`,
      'event',
      `${event.type} is no longer published, ${next.type} is`,
      'Publish the new form under a name of its own beside the old, until no subscription takes the old.',
    )
}

function compareEvent(older: PublishedEventType, newer: PublishedEventType, changes: Changes): void {
  const path = `events.${older.name}`
  if (older.key !== newer.key)
    changes.breaking(
      `${path}.key`,
      'event',
      `it was '${older.key}', is '${newer.key}'`,
      'Keep the key: the order that readers rely on hangs on it.',
    )
  compareRead(older.data, newer.data, `${path}.data`, 'event', changes)
}
