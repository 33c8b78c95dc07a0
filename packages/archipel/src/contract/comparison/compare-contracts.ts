import { accessAlternatives } from '../access.ts'
import { pathShape } from '../http-binding.ts'
import { jsonSchemaOf } from '../json-schema/json-schema.ts'
import type {
  Access,
  AnySchema,
  Contract,
  ErrorDefinition,
  HttpBinding,
  Operation,
  PublishedEventType,
} from '../types.ts'
import { compareBytes, compareCaching } from './compare-bytes.ts'
import { schemaChanges } from './schema-changes.ts'

/** Who is met by a change: `operation` stands for the operation or event as a whole. */
export type ChangeDirection = 'operation' | 'input' | 'answer' | 'error' | 'event'

/** One difference of two versions of a contract. */
export interface ContractChange {
  /** `operations.getProduct.output.price.currency` */
  readonly path: string
  readonly direction: ChangeDirection
  /** Whether users of the older version go on working with the newer one. */
  readonly compatible: boolean
  readonly change: string
  /** What to do; empty where there is nothing to do. */
  readonly advice: string
}

export type Report = (
  path: string,
  direction: ChangeDirection,
  compatible: boolean,
  change: string,
  advice?: string,
) => void

/** Kinds that the framework itself can give to any operation: every caller knows them. */
const KNOWN_KINDS = new Set(['invalid', 'limited', 'internal', 'unavailable', 'timed-out', 'cancelled'])

/**
 * Every difference that meets a user of the older version: callers of its operations, readers of its events.
 * What they send must still be taken (inputs may only get wider); what they get must still be read (answers,
 * details and events may only get narrower, but for new fields, which a tolerant reader leaves alone).
 * Equal contracts give nothing.
 */
export function compareContracts(older: Contract, newer: Contract): readonly ContractChange[] {
  const changes: ContractChange[] = []
  const report: Report = (path, direction, compatible, change, advice = '') =>
    changes.push({ path, direction, compatible, change, advice })
  if (older.name !== newer.name)
    report(
      'name',
      'operation',
      false,
      `it was '${older.name}', is '${newer.name}'`,
      'A renamed contract is a new one: keep the old until nobody calls it.',
    )
  for (const [name, operation] of Object.entries(older.operations)) {
    const same = newer.operations[name]
    const path = `operations.${name}`
    if (same === undefined)
      report(path, 'operation', false, 'the operation is gone', 'Keep it until nobody calls it.')
    else compareOperations(operation, same, path, report)
  }
  for (const name of added(older.operations, newer.operations))
    report(`operations.${name}`, 'operation', true, 'the operation is new')
  compareEvents(older, newer, report)
  return changes
}

function compareOperations(older: Operation, newer: Operation, path: string, report: Report): void {
  if (older.kind !== newer.kind)
    report(
      path,
      'operation',
      false,
      `it was a ${older.kind}, is a ${newer.kind}`,
      'Give the new one another name.',
    )
  if (older.secret !== newer.secret) {
    const change = newer.secret
      ? 'a repeat with the same key runs again now'
      : 'a repeat with the same key gets the stored answer now'
    report(
      `${path}.secret`,
      'operation',
      !newer.secret,
      change,
      newer.secret ? 'Callers that repeat on their own must expect a second effect.' : '',
    )
  }
  compareAccess(older.access, newer.access, path, report)
  compareHttp(older.http, newer.http, path, report)
  compareSent(older.input, newer.input, `${path}.input`, report)
  compareRead(older.output, newer.output, `${path}.output`, 'answer', report)
  compareCaching(older, newer, path, report)
  compareBytes(older, newer, path, report)
  compareErrors(older, newer, path, report)
}

function compareAccess(older: Access, newer: Access, path: string, report: Report): void {
  const [before, after] = [waysOf(older), waysOf(newer)]
  const lost = after.has('public') ? [] : [...before].filter((way) => !after.has(way))
  const fresh = before.has('public') ? [] : [...after].filter((way) => !before.has(way))
  if (lost.length > 0)
    report(
      `${path}.access`,
      'operation',
      false,
      `no longer open to ${lost.join(', ')}`,
      'Grant it to them still, by anyOf(…), until they have changed.',
    )
  if (fresh.length > 0) report(`${path}.access`, 'operation', true, `open to ${fresh.join(', ')} now`)
}

function waysOf(access: Access): ReadonlySet<string> {
  return new Set(
    accessAlternatives(access).map((way) => ('value' in way ? `${way.by} '${way.value}'` : way.by)),
  )
}

function compareHttp(
  older: HttpBinding | undefined,
  newer: HttpBinding | undefined,
  path: string,
  report: Report,
): void {
  const place = `${path}.http`
  if (older === undefined)
    return newer === undefined
      ? undefined
      : report(place, 'operation', true, 'it can be reached from outside now')
  if (newer === undefined)
    return report(
      place,
      'operation',
      false,
      'it can no longer be reached from outside',
      'Keep the route until nobody uses it.',
    )
  const [before, after] = [older, newer].map(
    ({ method, path: template }) => `${method} ${pathShape(template)}`,
  )
  if (before !== after)
    report(
      `${place}.route`,
      'operation',
      false,
      `it was ${older.method} ${older.path}, is ${newer.method} ${newer.path}`,
      'Keep the old route, and add an operation for the new one.',
    )
  if (older.status !== newer.status)
    report(
      `${place}.status`,
      'answer',
      false,
      `it was ${older.status}, is ${newer.status}`,
      'Keep the status: clients compare it.',
    )
  if (older.location === newer.location) return
  const change = `it was ${older.location ?? 'absent'}, is ${newer.location ?? 'absent'}`
  report(
    `${place}.location`,
    'answer',
    older.location === undefined,
    change,
    older.location === undefined ? '' : 'Keep it: clients follow it.',
  )
}

/** What older callers send must be taken by the newer callee. */
function compareSent(older: AnySchema, newer: AnySchema, path: string, report: Report): void {
  for (const { path: place, extent, change } of schemaChanges(
    jsonSchemaOf(older, 'input'),
    jsonSchemaOf(newer, 'input'),
    path,
  )) {
    const compatible = extent === 'wider' || extent === 'none'
    report(
      place,
      'input',
      compatible,
      change,
      compatible
        ? ''
        : 'Callers still send the old form: take both, with an optional field or a default, or add an operation.',
    )
  }
}

/** What the newer side writes must be read by older readers. */
function compareRead(
  older: AnySchema,
  newer: AnySchema,
  path: string,
  direction: ChangeDirection,
  report: Report,
): void {
  for (const { path: place, extent, change } of schemaChanges(
    jsonSchemaOf(older, 'output'),
    jsonSchemaOf(newer, 'output'),
    path,
  )) {
    const compatible = extent === 'narrower' || extent === 'none'
    report(
      place,
      direction,
      compatible,
      change,
      compatible
        ? ''
        : 'Readers expect the old form: keep it, and say the new in a new field, operation or event version.',
    )
  }
}

/** A caller that doesn't know a code goes by its kind: a new code is breaking only when its kind is new to the operation. */
function compareErrors(older: Operation, newer: Operation, path: string, report: Report): void {
  const kinds = new Set<string>(KNOWN_KINDS)
  for (const { kind } of Object.values<ErrorDefinition>(older.errors)) kinds.add(kind)
  for (const [code, before] of Object.entries<ErrorDefinition>(older.errors)) {
    const after: ErrorDefinition | undefined = newer.errors[code]
    const place = `${path}.errors.${code}`
    if (after === undefined) report(place, 'error', true, 'the error is gone')
    else compareError(before, after, place, report)
  }
  for (const [code, { kind }] of Object.entries<ErrorDefinition>(newer.errors)) {
    if (Object.hasOwn(older.errors, code)) continue
    const known = kinds.has(kind)
    const advice = known
      ? ''
      : 'Callers meet a kind of failure that they were never told of: give it a kind they know, or add an operation.'
    report(
      `${path}.errors.${code}`,
      'error',
      known,
      `the error is new, of the ${known ? 'known' : 'new'} kind '${kind}'`,
      advice,
    )
  }
}

function compareError(older: ErrorDefinition, newer: ErrorDefinition, path: string, report: Report): void {
  if (older.kind !== newer.kind)
    report(
      path,
      'error',
      false,
      `its kind was '${older.kind}', is '${newer.kind}'`,
      'Keep the kind, and declare a new code for the new meaning.',
    )
  if (older.details === undefined && newer.details !== undefined)
    report(path, 'error', true, 'it has details now')
  if (older.details !== undefined && newer.details === undefined)
    report(path, 'error', false, 'its details are gone', 'Keep them: callers read them.')
  if (older.details !== undefined && newer.details !== undefined)
    compareRead(older.details, newer.details, path, 'error', report)
}

/** Events are known by their type: name and version. */
function compareEvents(older: Contract, newer: Contract, report: Report): void {
  const find = (contract: Contract, wanted: PublishedEventType): PublishedEventType | undefined =>
    Object.values(contract.events).find(
      ({ name, version }) => name === wanted.name && version === wanted.version,
    )
  for (const event of Object.values(older.events)) {
    const path = `events.${event.name}`
    const same = find(newer, event)
    const next = newer.events[event.name]
    if (same !== undefined) compareEvent(event, same, path, report)
    else if (next === undefined)
      report(
        path,
        'event',
        false,
        `${event.type} is no longer published`,
        'Publish it until no subscription takes it.',
      )
    else if (next.version < event.version)
      report(
        `${path}.version`,
        'event',
        false,
        `it was ${event.version}, is ${next.version}`,
        'Versions only rise, and none is used twice.',
      )
    else
      report(
        `${path}.version`,
        'event',
        false,
        `${event.type} is no longer published, ${next.type} is`,
        'Publish the new form under a name of its own beside the old, until no subscription takes the old.',
      )
  }
  for (const event of Object.values(newer.events)) {
    if (older.events[event.name] === undefined)
      report(`events.${event.name}`, 'event', true, `${event.type} is new`)
  }
}

function compareEvent(
  older: PublishedEventType,
  newer: PublishedEventType,
  path: string,
  report: Report,
): void {
  if (older.key !== newer.key)
    report(
      `${path}.key`,
      'event',
      false,
      `it was '${older.key}', is '${newer.key}'`,
      'Keep the key: the order that readers rely on hangs on it.',
    )
  compareRead(older.data, newer.data, `${path}.data`, 'event', report)
}

function added(older: object, newer: object): readonly string[] {
  return Object.keys(newer).filter((name) => !Object.hasOwn(older, name))
}
