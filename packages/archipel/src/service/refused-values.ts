import type { CallRequest } from '../call/index.ts'
import { formatPath, inputInvalid, type Issue } from '../contract/index.ts'
import { frameworkError, type ArchipelError } from '../errors/index.ts'
import { unreadableValue } from '../storage/index.ts'

const NUL_REFUSED = 'holds the character U+0000, which no database keeps'

/** The texts and names of a JSON value that hold U+0000, which PostgreSQL keeps neither as text nor in JSON. */
export function nulIssues(value: unknown): readonly Issue[] {
  return issuesWhere(value, (text) => text.includes('\0'), NUL_REFUSED)
}

/**
 * What a request is told whose own values the database can't hold: they fitted the contract, and yet are no fault of
 * the handler. Looked for when something has failed, so that requests which fit pay nothing for it.
 * @returns undefined when the failure has nothing to do with the request's values
 */
export function errorOfRefusedValue(
  service: string,
  error: unknown,
  { input, metadata }: Pick<CallRequest, 'input' | 'metadata'>,
): ArchipelError | undefined {
  const unkept = nulIssues(input)
  if (unkept.length > 0) return inputInvalid(unkept)
  const refused = unreadableValue(error)
  if (refused === undefined) return undefined
  const issues = issuesWhere(input, (text) => text === refused.text, `is no ${refused.type}`)
  if (issues.length > 0) return inputInvalid(issues)
  if (metadata.principal?.id !== refused.text) return undefined
  return frameworkError(
    'ARC_FORBIDDEN',
    `Nobody in ${service} can have the id that your token names: it is no ${refused.type}`,
  )
}

function issuesWhere(value: unknown, isWrong: (text: string) => boolean, message: string): readonly Issue[] {
  const issues: Issue[] = []
  // Where the walk is; a path is only written when something is wrong.
  const trail: PropertyKey[] = []
  const visit = (part: unknown): void => {
    if (typeof part === 'string' || typeof part === 'number') {
      if (isWrong(String(part))) issues.push({ path: formatPath(trail), message })
    } else if (Array.isArray(part)) {
      for (const [index, item] of part.entries()) inside(index, item)
    } else if (typeof part === 'object' && part !== null) {
      for (const [name, member] of Object.entries(part)) {
        if (isWrong(name)) issues.push({ path: formatPath([...trail, name]), message: `its name ${message}` })
        inside(name, member)
      }
    }
  }
  const inside = (step: PropertyKey, part: unknown): void => {
    trail.push(step)
    visit(part)
    trail.pop()
  }
  visit(value)
  return issues
}
