import type { CallMetadata, Principal } from '../call/index.ts'
import { accessAlternatives, ownerFields, type Access, type AccessAlternative } from '../contract/index.ts'
import { frameworkError, type ArchipelError } from '../errors/index.ts'

/** The caller that stands for everybody outside. */
const OUTSIDE = 'gateway'

/** Who may call an operation. */
export interface AccessCheck {
  /**
   * @returns whether the caller is let in as such, or only if the thing turns out to be its own.
   * @throws ARC_UNAUTHENTICATED, ARC_FORBIDDEN or, for what isn't reachable from outside, ARC_NOT_FOUND
   */
  admit(metadata: CallMetadata): 'granted' | 'if-owner'
  /** The fields by which a query's output tells its owner. */
  readonly ownerFields: readonly string[]
}

export function createAccessCheck(access: Access): AccessCheck {
  const ways = accessAlternatives(access)
  const fields = ownerFields(access)
  const open = ways.some(({ by }) => by === 'public')
  const inner = ways.some(({ by }) => by === 'internal')
  const onlyInner = inner && ways.length === 1
  // The published contract says so too.
  const wanted = ways.flatMap((way) => ('value' in way ? [`${way.by} ${way.value}`] : [])).join(' or ')

  function admit({ caller, principal }: CallMetadata): 'granted' | 'if-owner' {
    if (open || (inner && caller !== OUTSIDE)) return 'granted'
    if (onlyInner) throw frameworkError('ARC_NOT_FOUND', 'There is no such operation')
    if (principal === undefined)
      throw frameworkError('ARC_UNAUTHENTICATED', 'This operation needs to know who you are')
    if (ways.some((way) => grants(way, principal))) return 'granted'
    if (fields.length > 0) return 'if-owner'
    throw frameworkError('ARC_FORBIDDEN', `This operation is for ${wanted}`)
  }

  return { admit: open ? () => 'granted' : admit, ownerFields: fields }
}

function grants(way: AccessAlternative, principal: Principal): boolean {
  if (way.by === 'role') return principal.roles.includes(way.value)
  return way.by === 'scope' && principal.scopes.includes(way.value)
}

/** What somebody is told who asks for the things of another: the same as for what doesn't exist. */
export function hidden(): ArchipelError {
  return frameworkError('ARC_NOT_FOUND', 'There is no such thing')
}

/**
 * Looks at a query's answer before it leaves.
 * @throws what `absent` makes when it isn't the principal's; a page with a foreign item is an internal error.
 */
export function requireOwnOutput(
  output: unknown,
  principal: Principal | undefined,
  rule: { readonly fields: readonly string[]; readonly paged: boolean },
  absent: () => ArchipelError,
): void {
  const isOwn = (thing: unknown) =>
    principal !== undefined && rule.fields.some((field) => fieldOf(thing, field) === principal.id)
  if (!rule.paged) {
    if (!isOwn(output)) throw absent()
    return
  }
  const items = fieldOf(output, 'items')
  if (Array.isArray(items) && items.every(isOwn)) return
  throw frameworkError(
    'ARC_INTERNAL',
    'A page holds items that are not of who asked for it: the query must choose by the principal',
  )
}

function fieldOf(thing: unknown, name: string): unknown {
  return typeof thing === 'object' && thing !== null ? Reflect.get(thing, name) : undefined
}
