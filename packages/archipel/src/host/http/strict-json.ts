import { isUtf8 } from 'node:buffer'
import { inputInvalid } from '../../contract/index.ts'
import { frameworkError, type ArchipelError, type JsonValue } from '../../errors/index.ts'
import { duplicateName } from './duplicate-name.ts'
import { pathText } from './path-text.ts'

export interface JsonLimits {
  /** Nesting of objects and arrays. */
  readonly depth: number
  /** Members of all objects together. */
  readonly members: number
}

export const DEFAULT_JSON_LIMITS: JsonLimits = { depth: 32, members: 20_000 }

const QUOTE = 34
const BACKSLASH = 92

function malformed(message: string, path = ''): ArchipelError {
  return frameworkError('ARC_BODY_MALFORMED', message, { details: { issues: [{ path, message }] } })
}

/** The index after the string that begins at `start`; jumps from quote to quote. */
function afterString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return end + 1
    end = text.indexOf('"', end + 1)
  }
  return text.length
}

/** Counts the members that the text writes, in one pass, before anything is parsed. @throws beyond the limits. */
function countMembers(text: string, limits: JsonLimits): number {
  let depth = 0
  let members = 0
  let index = 0
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) {
      index = afterString(text, index)
      continue
    }
    if (code === 58) members++
    else if (code === 123 || code === 91) depth++
    else if (code === 125 || code === 93) depth--
    if (depth > limits.depth) throw malformed(`the JSON is nested deeper than ${limits.depth} levels`)
    index++
  }
  if (members > limits.members) throw malformed(`the JSON has more than ${limits.members} members`)
  return members
}

/** Where the walk is, from the outside in; a path is only written when something is wrong. */
type Trail = (string | number)[]

/** @throws what JSON can write and PostgreSQL can't keep; of U+0000 what every other way in says as well. */
function refuseUnkept(text: string, isName: boolean, trail: Trail): void {
  const what = isName ? 'the name' : 'the text'
  if (!text.isWellFormed()) throw malformed(`${what} has half of a surrogate pair`, pathText(trail))
  if (text.includes('\0'))
    throw inputInvalid([{ path: pathText(trail), message: `${what} holds the character U+0000` }])
}

/** Counts the members of what was parsed, and refuses what no honest sender writes. */
function checked(value: unknown, trail: Trail): number {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw malformed('the number is too large', pathText(trail))
  if (typeof value === 'string') refuseUnkept(value, false, trail)
  if (typeof value !== 'object' || value === null) return 0
  return Array.isArray(value) ? checkedItems(value, trail) : checkedMembers(value, trail)
}

function checkedItems(items: readonly unknown[], trail: Trail): number {
  let members = 0
  for (let index = 0; index < items.length; index++) {
    trail.push(index)
    members += checked(items[index], trail)
    trail.pop()
  }
  return members
}

function checkedMembers(value: object, trail: Trail): number {
  let members = 0
  for (const name of Object.keys(value)) {
    const member: unknown = Reflect.get(value, name)
    trail.push(name)
    const climbs =
      name === 'constructor' &&
      typeof member === 'object' &&
      member !== null &&
      Object.hasOwn(member, 'prototype')
    if (name === '__proto__' || climbs) throw malformed('the name is not allowed', pathText(trail))
    refuseUnkept(name, true, trail)
    members += 1 + checked(member, trail)
    trail.pop()
  }
  return members
}

function parsed(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text)
    return value
  } catch (error) {
    const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined
    throw malformed(`this is not valid JSON${position === undefined ? '' : `, at character ${position}`}`)
  }
}

/**
 * Parses one JSON text as strictly as a front door must: valid UTF-8 without a mark, no name twice in one object,
 * nothing that reaches for a prototype, no halves of surrogates and no U+0000, bounded depth. Time is linear in the length.
 * @throws ARC_BODY_MALFORMED with the path of what is wrong; ARC_INPUT_INVALID for U+0000.
 */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits = DEFAULT_JSON_LIMITS): JsonValue {
  if (!isUtf8(bytes)) throw malformed('this is not valid UTF-8')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  if (text.charCodeAt(0) === 0xfeff) throw malformed('a byte order mark is not allowed')
  const written = countMembers(text, limits)
  const value = parsed(text)
  if (checked(value, []) !== written)
    throw malformed('a name appears twice in one object', pathText(duplicateName(text)))
  return value
}
