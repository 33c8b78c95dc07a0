/** One entity tag, weak or not, and what divides it from the next: RFC 9110, 8.8.3. */
const ENTITY_TAG = /[\t ]*(?:W\/)?("[\x21\x23-\x7e]*")[\t ]*(?:,|$)/y
const EMPTY_ELEMENTS = /[\t ]*,/y

/**
 * Whether `If-None-Match` names the present entity tag, so that its sender has the answer already. Weakly compared,
 * as RFC 9110 (13.1.2) says; `*` stands for anything that exists. A header that can't be read names nothing.
 */
export function namesEntityTag(ifNoneMatch: string | undefined, entityTag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  let found = false
  for (let at = 0; at < ifNoneMatch.length;) {
    EMPTY_ELEMENTS.lastIndex = at
    if (EMPTY_ELEMENTS.test(ifNoneMatch)) {
      at = EMPTY_ELEMENTS.lastIndex
      continue
    }
    ENTITY_TAG.lastIndex = at
    const tag = ENTITY_TAG.exec(ifNoneMatch)
    if (tag === null) return found && ifNoneMatch.slice(at).trim() === ''
    found ||= tag[1] === entityTag
    at = ENTITY_TAG.lastIndex
  }
  return found
}
