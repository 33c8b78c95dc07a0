import { ArchipelError, isErrorKind } from '../errors/index.ts'
import type { ClaimOutcome, StoredRefusal } from '../storage/index.ts'
import { claimError } from './command-scope.ts'
import type { OperationParts } from './operation-parts.ts'

/** What a command came to: its answer, or a refusal that its contract declares. Both are final. */
export type Outcome = { readonly answer: unknown } | { readonly refusal: ArchipelError }

export function storedRefusal({ code, kind, message, details }: ArchipelError): StoredRefusal {
  return { code, kind, message, ...(details !== undefined && { details }) }
}

/** The error in a stored refusal, as it was when it was thrown. */
function refusalAgain(parts: OperationParts, { code, kind, message, details }: StoredRefusal): ArchipelError {
  return new ArchipelError({
    code,
    kind: isErrorKind(kind) ? kind : 'refused',
    message,
    details,
    declaredBy: parts.service.name,
  })
}

/**
 * What a record that is already there answers; undefined when there is none.
 * @throws ARC_KEY_IN_PROGRESS, ARC_KEY_REUSED, ARC_WITHDRAWN
 */
export function outcomeOfClaim(parts: OperationParts, claimed: ClaimOutcome): Outcome | undefined {
  switch (claimed.is) {
    case 'new':
      return undefined
    case 'answered':
      return { answer: claimed.answer }
    case 'refused':
      return { refusal: refusalAgain(parts, claimed.refusal) }
    case 'nothing-to-undo':
      return { answer: null }
    case 'in-progress':
    case 'reused':
    case 'withdrawn':
      throw claimError(claimed.is, parts.path)
  }
}
