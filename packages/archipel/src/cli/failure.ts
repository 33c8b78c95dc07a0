import {
  ERROR_CATALOGUE,
  isArchipelError,
  isJsonObject,
  type ArchipelError,
  type JsonValue,
} from '../errors/index.ts'
import { plain } from './show/plain.ts'
import { cellText } from './show/table.ts'

/** An error for a person: what happened and to what, every fault with its path, what to do next. */
export function failureText(error: unknown): string {
  if (!isArchipelError(error)) return `archipel: ${stackOf(error)}\n`
  const lines = issuesOf(error).filter((line) => !error.message.includes(line))
  const advice = adviceFor(error.code)
  return [
    `${error.code}: ${plain(error.message, 'lines')}`,
    ...lines.map((line) => `  - ${plain(line)}`),
    ...(error.effect === 'unknown' ? ['It is not known whether it happened.'] : []),
    ...(advice === undefined ? [] : [advice]),
    '',
  ].join('\n')
}

/** The same for a program: one JSON document. */
export function failureJson(error: unknown): string {
  const fields = isArchipelError(error)
    ? {
        code: error.code,
        kind: error.kind,
        effect: error.effect,
        message: error.message,
        advice: adviceFor(error.code),
        details: error.details,
      }
    : { code: 'ARC_INTERNAL', kind: 'internal', effect: 'unknown', message: stackOf(error) }
  return `${JSON.stringify({ error: fields })}\n`
}

function adviceFor(code: string): string | undefined {
  return Object.entries(ERROR_CATALOGUE).find(([known]) => known === code)?.[1].advice
}

function issuesOf({ details = {} }: ArchipelError): string[] {
  const { issues, ...others } = details
  const listed = Array.isArray(issues) ? issues.map(issueText) : []
  return [...listed, ...Object.entries(others).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)]
}

function issueText(issue: JsonValue): string {
  if (!isJsonObject(issue)) return JSON.stringify(issue)
  const { path, message } = issue
  return typeof path === 'string' && path !== '' ? `${path}: ${cellText(message)}` : cellText(message)
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
