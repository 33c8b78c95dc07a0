import type { Access, Operation } from './types.ts'

/** Grants the operation to anybody who has at least one of these roles. */
export function roles(...names: readonly [string, ...string[]]): { readonly roles: readonly string[] } {
  return Object.freeze({ roles: Object.freeze([...names]) })
}

/** Grants the operation to a token that carries this scope. */
export function scope(name: string): { readonly scope: string } {
  return Object.freeze({ scope: name })
}

/**
 * Grants the operation to the principal whose id stands in this field: of the output of a query (of every item
 * of a page), of what the service's `ownerOf` reads for a command or a stream.
 */
export function owner(field: string): { readonly owner: string } {
  return Object.freeze({ owner: field })
}

/** Grants the operation to whom at least one of the rules grants it. */
export function anyOf<const TRules extends readonly [Access, Access, ...Access[]]>(
  ...rules: TRules
): { readonly anyOf: TRules } {
  return Object.freeze({ anyOf: Object.freeze(rules) })
}

/** One way in: a rule without `anyOf`, with one role at most. */
export type AccessAlternative =
  | { readonly by: 'public' | 'internal' }
  | { readonly by: 'role' | 'scope' | 'owner'; readonly value: string }

/** Every single way in that a rule opens; they are joined by "or". */
export function accessAlternatives(access: Access): readonly AccessAlternative[] {
  if (access === 'public' || access === 'internal') return [{ by: access }]
  if ('roles' in access) return access.roles.map((value) => ({ by: 'role', value }))
  if ('scope' in access) return [{ by: 'scope', value: access.scope }]
  if ('owner' in access) return [{ by: 'owner', value: access.owner }]
  return access.anyOf.flatMap(accessAlternatives)
}

/** The fields by which an owner is known, in the order in which the rule names them. */
export function ownerFields(access: Access): readonly string[] {
  return accessAlternatives(access).flatMap((way) => (way.by === 'owner' ? [way.value] : []))
}

/**
 * The declared error that hides a thing from whom it doesn't belong to: the first of its kind. Pages have none: what
 * they hold is chosen by who asks.
 */
export function absenceOf({ access, errors, paged }: Operation): string | undefined {
  if (paged || ownerFields(access).length === 0) return undefined
  return Object.keys(errors).find((code) => errors[code]?.kind === 'not-found')
}
