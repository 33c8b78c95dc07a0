const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs

interface Open {
  /** The names so far; undefined in an array. */
  readonly names: Set<string> | undefined
  /** Name or index of the present member. */
  at: string | number
}

/** Where, in a valid JSON text, a name first appears twice in one object: the names and indexes that lead there. */
export function duplicateName(text: string): (string | number)[] {
  const open: Open[] = []
  let name: string | undefined
  for (const [token] of text.matchAll(TOKEN)) {
    const inner = open.at(-1)
    if (token === '{') open.push({ names: new Set(), at: '' })
    else if (token === '[') open.push({ names: undefined, at: 0 })
    else if (token === '}' || token === ']') open.pop()
    else if (token === ',' && typeof inner?.at === 'number') inner.at++
    else if (token.startsWith('"')) name = token
    else if (token === ':' && inner?.names !== undefined && name !== undefined) {
      inner.at = String(JSON.parse(name))
      if (inner.names.has(inner.at)) return open.map(({ at }) => at)
      inner.names.add(inner.at)
    }
  }
  return []
}
