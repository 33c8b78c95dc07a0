/** Texts of users that one connection keeps prepared, at most: each costs the server memory. */
const MOST_PREPARED = 100
/** Texts that came once so far and are remembered, at most: programs that compose statements never repeat most of them. */
const MOST_SEEN = 500

/** Names for statements of users on one connection: the server parses and plans a text that comes again only once more. */
export interface PreparedTexts {
  /** @returns undefined for a text that isn't worth it (yet). */
  nameOf(text: string): string | undefined
}

export function createPreparedTexts(): PreparedTexts {
  const names = new Map<string, string>()
  const seen = new Set<string>()
  return {
    nameOf(text) {
      const known = names.get(text)
      if (known !== undefined || names.size === MOST_PREPARED) return known
      if (seen.delete(text)) {
        const name = `archipel_text_${names.size + 1}`
        names.set(text, name)
        return name
      }
      if (seen.size === MOST_SEEN) seen.clear()
      seen.add(text)
      return undefined
    },
  }
}
